# `sheetnet serve` as a container; docs/serving.md says how to run it.
FROM python:3.13-slim
RUN useradd --system --create-home sheetnet
COPY pyproject.toml README.md LICENSE /source/
COPY sheetnet /source/sheetnet
COPY templates /source/templates
RUN pip install --no-cache-dir '/source[web]' && rm -rf /source
USER sheetnet
EXPOSE 8000
ENTRYPOINT ["sheetnet", "serve", "--host", "0.0.0.0"]
