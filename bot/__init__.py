"""The program: settings, command line, composition, intake, pump, delivery and the messengers."""
