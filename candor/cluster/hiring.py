"""Workers of a Ray cluster for what this machine reads and stores: ``candor rejudge --on ray``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from analysis.model.errors import ConfigError, UsageError
from analysis.settings.file import Config
from candor.streams import say
from crawler.cluster.connection import address_of, connected, namespace_of
from crawler.cluster.hired import ClusterWorkers


@contextmanager
def hired_on(config: Config, on: str | None, actors: int | None) -> Iterator[ClusterWorkers | None]:
    """Give workers of the cluster that the flags mean, one for each free CPU where ``actors`` is None.

    Give None without ``on``: then this machine's own do the work. They never open the store, so that any may be used.
    """
    if on is None:
        if actors is not None:
            raise UsageError("--actors: is for a cluster; say which with --on")
        yield None
        return
    try:
        taxonomy = config.taxonomy.read_bytes() if config.taxonomy else b""
    except OSError as error:
        raise ConfigError(
            [f"{config.taxonomy}: cannot be read ({error.strerror}); correct [enrich] taxonomy"]
        ) from None
    with connected(address_of(on), namespace=namespace_of(config.store), said=say) as ray:
        count = actors or max(1, int(ray.available_resources().get("CPU", 1)))
        workers = ClusterWorkers(ray, count, taxonomy=taxonomy, said=say)
        try:
            yield workers
        finally:
            workers.close()
