import threading
from functools import partial

from chat.interface.jobs import KEPT_FINISHED, KEPT_ITEMS, Handle, Item, Job, JobQueue, JobState
from errors import SourceUnreadable


def finished(jobs: JobQueue, key: str) -> Job:
    """The job once it has ended; a queue runs in order, so a job behind it marks the end."""
    gone = threading.Event()
    jobs.submit("mark", "", lambda handle: gone.set())
    assert gone.wait(10)
    job = jobs.job(key)
    assert job is not None
    return job


def test_a_job_reports_lines_and_keeps_its_result():
    jobs = JobQueue()

    def work(handle: Handle) -> str:
        handle.item(1, "added")
        handle.item(0, "failed", "holds no text")
        handle.progress(2, 2)
        return "result"

    key = jobs.submit("add", "2 files", work, items=["a.pdf", "b.pdf"])
    job = finished(jobs, key)
    assert job.state is JobState.DONE
    assert job.items == (Item("a.pdf", "failed", "holds no text"), Item("b.pdf", "added"))
    assert (job.done, job.total, job.result) == (2, 2, "result")
    jobs.close()


def test_jobs_run_one_at_a_time_in_order():
    jobs = JobQueue()
    order: list[str] = []
    running = threading.Lock()

    def work(name: str, handle: Handle) -> None:
        assert running.acquire(blocking=False)
        order.append(name)
        running.release()

    for name in "abc":
        key = jobs.submit("add", name, partial(work, name))
    assert finished(jobs, key).state is JobState.DONE
    assert order == ["a", "b", "c"]
    jobs.close()


def test_a_failed_job_says_why_and_the_next_one_runs():
    jobs = JobQueue()

    def fail(handle: Handle) -> None:
        raise SourceUnreadable("a.pdf", "is empty")

    def crash(handle: Handle) -> None:
        raise ZeroDivisionError

    first = jobs.submit("add", "a", fail)
    second = jobs.submit("add", "b", crash)
    third = jobs.submit("add", "c", lambda handle: 1)
    assert finished(jobs, third).state is JobState.DONE
    assert finished(jobs, first).error == "a.pdf: is empty"
    assert finished(jobs, second).error == "An unexpected error stopped this; the program's log has details."
    jobs.close()


def test_cancelling_stops_a_running_job_and_skips_a_waiting_one():
    jobs = JobQueue()
    started, go_on = threading.Event(), threading.Event()
    ran: list[str] = []

    def work(handle: Handle) -> None:
        started.set()
        assert go_on.wait(10)
        if not handle.cancelled():
            ran.append("first")

    first = jobs.submit("evaluate", "a", work)
    second = jobs.submit("evaluate", "b", lambda handle: ran.append("second"))
    assert started.wait(10)
    assert jobs.cancel(first)
    assert jobs.cancel(second)
    go_on.set()
    assert finished(jobs, first).state is JobState.CANCELLED
    assert finished(jobs, second).state is JobState.CANCELLED
    assert ran == []
    assert not jobs.cancel(first)
    assert not jobs.cancel("unknown")
    jobs.close()


def test_old_finished_jobs_and_endless_lines_are_dropped():
    jobs = JobQueue()

    def work(handle: Handle) -> None:
        for number in range(KEPT_ITEMS + 10):
            handle.append(Item(str(number), "failed"))

    key = jobs.submit("add", "rows", work)
    assert len(finished(jobs, key).items) == KEPT_ITEMS
    for _ in range(KEPT_FINISHED + 5):
        last = jobs.submit("add", "x", lambda handle: None)
    finished(jobs, last)
    jobs.close()
    assert jobs.job(key) is None
    assert len(jobs.jobs()) <= KEPT_FINISHED + 1


def test_a_finished_job_can_be_dismissed_and_others_cannot():
    jobs = JobQueue()
    started, go_on = threading.Event(), threading.Event()

    def work(handle: Handle) -> None:
        started.set()
        go_on.wait(10)

    key = jobs.submit("add", "a", work)
    assert started.wait(10)
    assert not jobs.forget(key)
    go_on.set()
    finished(jobs, key)
    assert jobs.forget(key)
    assert jobs.job(key) is None
    assert [job.kind for job in jobs.jobs("add")] == []
    jobs.close()
