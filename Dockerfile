# Candor's image: one stage builds, the other runs; no compiler, no pip, no root.
FROM python:3.11-slim-bookworm AS build
WORKDIR /src
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY analysis analysis
COPY candor candor
COPY crawler crawler
COPY mappings mappings
# pip goes at the end: what runs needs no way to install anything.
RUN python3 -m venv /opt/candor \
    && /opt/candor/bin/pip install --no-cache-dir --disable-pip-version-check --constraint constraints.txt . \
    && /opt/candor/bin/python -m compileall -q /opt/candor/lib \
    && /opt/candor/bin/pip uninstall --yes --quiet pip setuptools \
    && find /opt/candor -depth -type d -name tests -exec rm -rf {} +

FROM python:3.11-slim-bookworm
# The same number as Elastic's images use, so that one secret can be for its owner's eyes only and still be shared.
RUN groupadd --gid 1000 candor \
    && useradd --uid 1000 --gid 1000 --no-create-home --home-dir /var/lib/candor --shell /usr/sbin/nologin candor \
    && install -d -o candor -g candor -m 0700 /var/lib/candor /run/secrets/elastic /run/secrets/kibana /run/secrets/candor
COPY --from=build /opt/candor /opt/candor
COPY docker/ /opt/candor/docker/
ENV PATH=/opt/candor/bin:/usr/local/bin:/usr/bin:/bin \
    HOME=/var/lib/candor \
    CANDOR_SPOOL=/var/lib/candor/spool \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1
WORKDIR /var/lib/candor
USER 1000:1000
VOLUME /var/lib/candor
HEALTHCHECK --interval=5m --timeout=60s --start-period=2m --retries=3 CMD ["candor", "doctor", "--offline"]
ENTRYPOINT ["candor"]
CMD ["--help"]
