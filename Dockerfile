# One image for every service and the command line; the command says which.
# Stage 1 makes a virtual environment, stage 2 has that and Python, and no pip of ours, no source folder, no compiler.
FROM python:3.12-slim AS build
WORKDIR /build
RUN python -m venv tools && python -m venv --without-pip /opt/leadline
COPY requirements.build.lock requirements.image.lock ./
RUN tools/bin/pip install --no-cache-dir --require-hashes --only-binary :all: -r requirements.build.lock \
 && tools/bin/pip --python /opt/leadline install --no-cache-dir --require-hashes --only-binary :all: -r requirements.image.lock
COPY pyproject.toml README.md ./
COPY leadline leadline
COPY services services
RUN tools/bin/pip wheel --no-deps --no-build-isolation --wheel-dir wheels . \
 && tools/bin/pip --python /opt/leadline install --no-deps --no-index wheels/*.whl

FROM python:3.12-slim
LABEL org.opencontainers.image.title="Leadline" \
      org.opencontainers.image.description="Turns qualified sales leads into customers, once each, whatever fails."
# The folder for the password of the database belongs to us, so that a volume put there does too.
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin leadline \
 && install -d -o leadline -g leadline /run/leadline
COPY --from=build /opt/leadline /opt/leadline
ENV PATH=/opt/leadline/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 LEADLINE_DATA_DIR=/tmp/leadline \
    LEADLINE_HEALTH_PORT=8080
USER 10001:10001
WORKDIR /tmp
HEALTHCHECK --interval=5s --timeout=4s --start-period=120s --retries=6 \
    CMD ["python", "-m", "leadline.runtime.healthcheck", "http://127.0.0.1:8080/readyz"]
CMD ["leadline", "--help"]
