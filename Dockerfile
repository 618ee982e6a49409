# The server in a container; compose.yaml runs it, and docs/how-to/keep-it-running.md says how.
ARG BASE=python:3.13-slim

FROM ${BASE} AS build
# Where packages come from, for who uses a mirror.
ARG PIP_INDEX_URL
ARG NPM_CONFIG_REGISTRY
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /source
COPY requirements requirements
RUN python3 -m venv /build \
    && /build/bin/pip install --quiet --require-hashes -r requirements/build.txt \
    && python3 -m venv /opt/insta-stream \
    && /opt/insta-stream/bin/pip install --quiet --require-hashes -r requirements/runtime.txt
COPY . .
RUN /build/bin/pip wheel --quiet --no-deps --no-build-isolation --wheel-dir /wheels . \
    && /opt/insta-stream/bin/pip install --quiet --no-deps /wheels/*.whl \
    && /opt/insta-stream/bin/pip uninstall --quiet --yes pip

FROM ${BASE}
RUN useradd --uid 10001 --user-group --no-create-home --home-dir /var/lib/insta-stream insta-stream \
    && install -d -m 0700 -o insta-stream -g insta-stream /var/lib/insta-stream
COPY --from=build /opt/insta-stream /opt/insta-stream
# Others reach a container, so there is a token: the first start makes one and keeps it beside the data.
ENV PATH=/opt/insta-stream/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    INSTA_STREAM_HOST=0.0.0.0 \
    INSTA_STREAM_PORT=3000 \
    INSTA_STREAM_DATA=/var/lib/insta-stream/data \
    INSTA_STREAM_TOKEN_FILE=/var/lib/insta-stream/token
USER 10001:10001
WORKDIR /var/lib/insta-stream
VOLUME /var/lib/insta-stream
EXPOSE 3000
HEALTHCHECK --interval=30s --timeout=10s --start-period=5m CMD ["python3", "-c", "import os, ssl, urllib.request; tls = ssl.create_default_context(); tls.check_hostname = False; tls.verify_mode = ssl.CERT_NONE; scheme = 'https' if os.environ.get('INSTA_STREAM_TLS_CERTIFICATE') else 'http'; urllib.request.urlopen(f\"{scheme}://127.0.0.1:{os.environ['INSTA_STREAM_PORT']}/health/ready\", context=tls)"]
ENTRYPOINT ["insta-stream"]
CMD ["serve"]
