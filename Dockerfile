# Web Flow: portal, APIs and worker in one image (docs/operators.md, "Container").
# For what is reproducible name the base by its digest: --build-arg PYTHON=python:3.11-slim-bookworm@sha256:…
ARG PYTHON=python:3.11-slim-bookworm

FROM ${PYTHON} AS build
WORKDIR /app
COPY requirements.txt ./
# Wheels alone, and only those whose hashes we know: nothing is compiled, nothing else gets in.
RUN python -m venv --without-pip /opt/webflow \
    && python -m pip --python /opt/webflow/bin/python install \
       --no-cache-dir --disable-pip-version-check --require-hashes --only-binary=:all: -r requirements.txt
ENV PATH=/opt/webflow/bin:$PATH
COPY app ./app
COPY migrations ./migrations
COPY static ./static
COPY templates ./templates
COPY translations ./translations
COPY LICENSE gunicorn.conf.py live.py serve.py worker.py wsgi.py ./
# The root of the file system may be read-only: whatever could be written later is written now.
RUN pybabel -q compile -d translations && python -m compileall -q .

FROM ${PYTHON}
RUN useradd --uid 10001 --no-create-home --home-dir /var/lib/webflow --shell /usr/sbin/nologin webflow \
    && install -d -o webflow -g webflow -m 700 /var/lib/webflow
COPY --from=build /opt/webflow /opt/webflow
COPY --from=build /app /app
WORKDIR /app
ENV PATH=/opt/webflow/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    FLASK_APP=wsgi \
    WEBFLOW_VAR_DIR=/var/lib/webflow \
    WEBFLOW_HOST=0.0.0.0 \
    WEBFLOW_PORT=8000 \
    WEBFLOW_PUBLIC_URL=http://localhost:8080 \
    WEBFLOW_MIGRATE=true
USER 10001:10001
VOLUME /var/lib/webflow
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=10s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import os, sys; from http.client import HTTPConnection; portal = HTTPConnection('127.0.0.1', int(os.environ['WEBFLOW_PORT']), timeout=8); portal.request('GET', '/readyz'); sys.exit(portal.getresponse().status != 200)"]
CMD ["flask", "up"]
