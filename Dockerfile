# Two stages, so that the image holds the exporter and its Python and nothing that built it.
FROM python:3.13-slim-bookworm AS build
RUN pip install --no-cache-dir uv==0.13.8
WORKDIR /src
COPY pyproject.toml uv.lock README.md LICENSE ./
COPY exporter ./exporter
ENV UV_PROJECT_ENVIRONMENT=/opt/headroom UV_PYTHON_DOWNLOADS=never
RUN uv sync --frozen --no-default-groups --extra otel --no-editable --compile-bytecode

FROM python:3.13-slim-bookworm
COPY --from=build /opt/headroom /opt/headroom
# Buffers of pages are megabytes and short-lived: kept in the heap, they are not faulted in again for each page. More
# than two such pages go back to the system: what one kubelet's endless body took would be held for good. Of three
# dozen threads, none needs a cache of freed memory of its own.
ENV PATH=/opt/headroom/bin:$PATH \
    MALLOC_MMAP_THRESHOLD_=8388608 \
    MALLOC_TRIM_THRESHOLD_=8388608 \
    MALLOC_ARENA_MAX=2 \
    GLIBC_TUNABLES=glibc.malloc.tcache_count=0
USER 65532:65532
EXPOSE 9789
ENTRYPOINT ["kube-headroom"]
CMD ["run"]
