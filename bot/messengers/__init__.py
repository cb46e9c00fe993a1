"""One folder a messenger, and the contract they share. A messenger knows `domain` and the contract, nothing else."""
