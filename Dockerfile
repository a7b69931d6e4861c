# Atlas Workflows with Airflow: one image for every Airflow service of docker-compose.yaml.
FROM python:3.11-slim-bookworm

ENV PYTHONUNBUFFERED=1 \
    PYTHONTZPATH="" \
    PYTHONSAFEPATH=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    ATLAS_ROOT=/opt/atlas \
    ATLAS_HOME=/opt/atlas-home \
    AIRFLOW_HOME=/opt/atlas-home/airflow

RUN useradd --uid 50000 --create-home atlas \
 && mkdir -p /opt/atlas-home && chown atlas /opt/atlas-home
WORKDIR /opt/atlas

# Both files are exported from uv.lock with hashes: the image holds what the tests ran with. For KubernetesExecutor:
# docker build --build-arg REQUIREMENTS=requirements-kubernetes.txt
ARG REQUIREMENTS=requirements.txt
COPY requirements.txt ./
COPY deploy/helm/requirements.txt ./requirements-kubernetes.txt
RUN pip install --no-cache-dir --require-hashes -r "$REQUIREMENTS"

COPY pyproject.toml README.md ./
COPY src ./src
COPY dags ./dags
COPY plugins ./plugins
COPY include ./include
COPY expectations ./expectations
RUN pip install --no-cache-dir --no-deps --editable . && python -m compileall -q src dags plugins

USER atlas
VOLUME /opt/atlas-home
CMD ["airflow", "version"]
