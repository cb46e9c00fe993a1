# syntax=docker/dockerfile:1
# Okno in a small image that runs as nobody in particular. Packages are pinned with their hashes in requirements.txt; pin
# the base as well by giving its digest: docker build --build-arg PYTHON=python:3.13-slim-trixie@sha256:… .
ARG PYTHON=python:3.13-slim-trixie

FROM ${PYTHON} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /src
COPY requirements.txt ./
RUN python -m venv /opt/okno && /opt/okno/bin/pip install --require-hashes -r requirements.txt
COPY pyproject.toml README.md ./
COPY domain domain
COPY storage storage
COPY escalation escalation
COPY handlers handlers
COPY bot bot
# nothing that only installs goes into the image
RUN /opt/okno/bin/pip install --no-deps --no-build-isolation . \
    && /opt/okno/bin/pip uninstall --yes setuptools pip \
    && /opt/okno/bin/okno --version

FROM ${PYTHON}
LABEL org.opencontainers.image.title="Okno" \
      org.opencontainers.image.description="Support as one contact in a messenger"
RUN useradd --uid 10001 --home-dir /data --create-home --shell /usr/sbin/nologin okno
COPY --from=build /opt/okno /opt/okno
ENV PATH=/opt/okno/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    OKNO_WEB__HOST=0.0.0.0 \
    OKNO_LOG__FORMAT=json
WORKDIR /data
USER 10001
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8080/healthz', timeout=4)"]
ENTRYPOINT ["okno"]
CMD ["run"]
