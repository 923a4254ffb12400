FROM astrocrpublic.azurecr.io/runtime:3.3-8-python-3.13
# DVC's clients for object stores want older packages than Airflow: an environment of its own.
RUN uv venv /usr/local/airflow/.dvc-venv \
 && uv pip install --no-cache --python /usr/local/airflow/.dvc-venv --require-hashes -r requirements-dvc.lock
ENV APOD_DVC_PYTHON=/usr/local/airflow/.dvc-venv/bin/python DVC_NO_ANALYTICS=1
