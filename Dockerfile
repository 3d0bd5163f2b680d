# imgrec for visitors: docker build -t imgrec . && docker run -p 8501:8501 -v imgrec:/data imgrec
# docs/deploy.md says what it needs, and compose.yaml puts nginx in front.

FROM python:3.11-slim-bookworm AS libraries
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /build
COPY requirements.lock ./
# Each file is checked against its hash.
RUN python -m venv --without-pip /opt/venv \
    && python -m pip --python /opt/venv/bin/python install --no-deps --require-hashes -r requirements.lock \
    && python -m pip --python /opt/venv/bin/python check

FROM python:3.11-slim-bookworm
# tini starts the server, passes signals on, and reaps trainings and scheduler, which outlive the process that starts them.
RUN apt-get update \
    && apt-get install -y --no-install-recommends tini \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 1000 --create-home imgrec \
    && install -d -o imgrec -g imgrec /data
COPY --from=libraries /opt/venv /opt/venv
WORKDIR /app
COPY .streamlit/config.toml .streamlit/config.toml
COPY app.py LICENSE README.md ./
COPY pages pages
COPY imgrec imgrec
COPY deploy/*.json deploy/
# Compiled once here, as nobody may write there later.
RUN /opt/venv/bin/python -m compileall -q app.py pages imgrec

ENV PATH=/opt/venv/bin:$PATH \
    HOME=/home/imgrec \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    IMGREC_HOME=/data \
    IMGREC_PROFILE=hosted \
    STREAMLIT_SERVER_ADDRESS=0.0.0.0 \
    STREAMLIT_SERVER_PORT=8501 \
    STREAMLIT_SERVER_HEADLESS=true \
    # Without a name of its own, Streamlit asks another host for the outside address at each start.
    STREAMLIT_BROWSER_SERVER_ADDRESS=localhost \
    # A visitor's address is read from X-Forwarded-For where a proxy in a private network has set it: the nearest address
    # that is not private counts, so that visitors cannot invent theirs.
    FORWARDED_ALLOW_IPS=127.0.0.0/8,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,::1,fc00::/7

USER 1000
VOLUME /data
EXPOSE 8501
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request as u; exit(u.urlopen('http://127.0.0.1:8501/_stcore/health', timeout=8).read() != b'ok')"]
# The server ends at this signal and the container with it. Trainings are ended then; they go on from their checkpoint, of
# the last complete epoch or a minute ago, when the container starts again with the same volume.
STOPSIGNAL SIGTERM
ENTRYPOINT ["tini", "--"]
CMD ["streamlit", "run", "app.py"]
