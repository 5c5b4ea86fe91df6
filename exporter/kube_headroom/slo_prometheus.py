"""The Prometheus that SLIs are asked of, between the settings and its reader."""

from __future__ import annotations

from kube_headroom.prometheus.options import Options
from kube_headroom.settings import Settings


def options(settings: Settings) -> Options:
    """Return what the settings say of that server; `prometheus.url` is given."""
    headers = (header.partition(":") for header in settings.prometheus_headers)
    return Options(
        url=settings.prometheus_url or "",
        headers={name: value.strip() for name, _, value in headers},
        bearer_token_file=settings.prometheus_bearer_token_file,
        username=settings.prometheus_username or "",
        password_file=settings.prometheus_password_file,
        certificate_authority=settings.prometheus_certificate_authority,
        client_certificate=settings.prometheus_client_certificate,
        client_key=settings.prometheus_client_key,
        insecure=settings.prometheus_insecure_tls == "true",
        tenant=settings.prometheus_tenant or "",
        timeout=settings.prometheus_request_timeout,
        step=settings.slo_step,
        concurrency=settings.prometheus_concurrency,
        series_limit=settings.prometheus_series_limit,
        scrape_interval=settings.prometheus_scrape_interval,
        back_fill=settings.prometheus_back_fill,
    )
