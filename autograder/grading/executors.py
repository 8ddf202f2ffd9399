"""Where submissions are run: threads that start sandboxes here, or the workers of a Dask cluster."""

from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager

from ..errors import GradingError
from ..sandbox import box


@contextmanager
def open_executor(where: str, jobs: int) -> Iterator[Executor]:
    """A `concurrent.futures.Executor` for "local", "dask" (workers on this machine) or "dask:ADDRESS".

    Student code never runs in a Dask worker itself: the worker starts a sandbox like everybody.
    """
    name, _, address = where.partition(":")
    if where == "local":
        pool = ThreadPoolExecutor(jobs)
        try:
            yield pool
        except BaseException:  # nobody waits for the rest any more
            with box.boxes_stopped():
                pool.shutdown(cancel_futures=True)
            raise
        pool.shutdown()
        return
    if name != "dask":
        raise GradingError(f"engine is {where!r}, expected local, dask or dask:ADDRESS")
    try:
        from distributed import Client
    except ImportError:
        raise GradingError("the engine dask needs the package distributed: pip install -e .[dask]") from None
    cluster = {"address": address} if address else {"n_workers": jobs, "threads_per_worker": 1}
    try:
        client = Client(**cluster, timeout=30) if address else Client(**cluster, dashboard_address=None)
    except OSError as error:
        raise GradingError(f"no Dask scheduler answers at {address}: {error}") from None
    with client:
        yield client.get_executor(pure=False)
