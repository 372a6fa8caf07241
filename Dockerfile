# syntax=docker/dockerfile:1
# docker build -t pgx-cds .
# docker run --read-only --tmpfs /tmp -v pgx-cds-data:/data -p 8080:8080 -e PGX_CDS_PUBLIC_URL=https://... pgx-cds

FROM python:3.12-slim AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /src
COPY requirements ./requirements
# The environment that is carried over: only locked files whose hashes fit.
RUN python -m venv /opt/pgx-cds \
    && /opt/pgx-cds/bin/pip install --require-hashes -r requirements/runtime.txt
RUN python -m venv /opt/build \
    && /opt/build/bin/pip install --require-hashes -r requirements/build.txt
COPY . .
RUN /opt/build/bin/pip wheel --no-deps --no-build-isolation --wheel-dir /wheels . \
    && /opt/pgx-cds/bin/pip install --no-deps --no-index /wheels/*.whl \
    && /opt/pgx-cds/bin/python -m compileall -q /opt/pgx-cds/lib \
    && /opt/pgx-cds/bin/python -m pip uninstall --yes pip

FROM python:3.12-slim
LABEL org.opencontainers.image.title="pgx-cds" \
      org.opencontainers.image.licenses="Apache-2.0"
# A fixed number, so that a volume or a Kubernetes securityContext can name the user.
RUN groupadd --gid 10001 pgx && useradd --uid 10001 --gid pgx --no-create-home --shell /usr/sbin/nologin pgx \
    && install -d -o pgx -g pgx -m 0750 /data
COPY --from=build /opt/pgx-cds /opt/pgx-cds
# HOME: what a library wants to write goes to the volume, the root file system may be read-only.
ENV PATH=/opt/pgx-cds/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HOME=/data \
    PGX_CDS_STORE_URL=sqlite:////data/pgx-cds.sqlite3
WORKDIR /data
VOLUME /data
USER 10001:10001
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8080/health/live', timeout=4)"]
CMD ["pgx-cds", "serve", "--host", "0.0.0.0", "--port", "8080"]
