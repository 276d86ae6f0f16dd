"""`make bench`: measure everything, or only what is named, and write docs/performance.md."""

import argparse
import time
from collections.abc import Callable

from argon2 import PasswordHasher

from bench import callbacks, cloud, masking, nevis, past, phones, rates, texts, waiting
from bench.house import House, Server, Store, running
from bench.load import HASHES, KINDS, Cost, Kind, lost_updates, measure, walk
from bench.report import Report, machine

HOUSES: tuple[tuple[str, Store, Server, int], ...] = (
    ("SQLite, one granian process", "sqlite", "granian", 1),
    ("SQLite, gunicorn (embedded tier)", "sqlite", "gunicorn", 1),
    ("PostgreSQL, one granian process", "postgresql", "granian", 1),
    ("PostgreSQL, two granian processes", "postgresql", "granian", 2),
)
USERS = (1, 8, 32)
FLOWS = 96
PAGES = ("authorize", "GET sign-in", "POST user name", "POST password and code", "GET consent",
         "POST consent", "resume", "token")  # fmt: skip


def flows(report: Report, wanted: argparse.Namespace) -> None:
    """Measure complete flows: CPU, rate, time of each page, memory, and what went wrong."""
    hashed = _hash_milliseconds()
    report.words(f"One password hash of the demo bank: {hashed:.1f} ms of CPU.")
    for title, store, server, processes in HOUSES:
        costs: dict[tuple[Kind, int], Cost] = {}
        done, wrong = 0, []
        for kind in KINDS:
            for users in USERS:
                with running(store, server, processes=processes) as house:
                    walked = measure(house, kind, users=users, flows=wanted.flows)
                    costs[kind, users] = walked
                    done += wanted.flows
                    wrong += [*walked.errors, *lost_updates(house, wanted.flows + 4)]
        report.table(
            f"Complete flows: {title}",
            ("flow", "users", "CPU ms", "without hash", "database ms", "flows/s", "MB"),
            [_line(kind, users, cost, hashed) for (kind, users), cost in costs.items()],
        )
        report.table(
            f"Requests of `login_sca`: {title}",
            ("request", *(f"{u} users: p50 / p95 / p99 ms" for u in USERS)),
            [(page, *(_percentiles(costs["login_sca", u], page) for u in USERS)) for page in PAGES],
        )
        report.words(f"{done} flows, {len(wrong)} errors or lost updates. {'; '.join(wrong[:3])}")


def units(report: Report, _wanted: argparse.Namespace) -> None:
    """Measure single things on one granian process."""
    for title, store, server, processes in HOUSES[:4:2]:
        with running(store, server, processes=processes) as house:
            found = rates.rates(house)
        report.table(f"Per second of CPU: {title}", ("what", "per CPU-second"), list(found.items()))


def mask(report: Report, wanted: argparse.Namespace) -> None:
    """Measure whether time tells who exists."""
    for title, store, server, processes in HOUSES[:4:2]:
        with running(store, server, processes=processes) as house:
            masking.medians(house, 5)
            measured = masking.medians(house, wanted.rounds)
        apart = masking.differences(measured)
        report.table(
            f"Masking, medians in ms of {wanted.rounds} rounds: {title}",
            ("request", *masking.NAMES, "apart, %"),
            [(name, *by_kind.values(), apart[name]) for name, by_kind in measured.items()],
        )


def mobile(report: Report, _wanted: argparse.Namespace) -> None:
    """Measure what phones cost on one granian process."""
    for title, store, server, processes in HOUSES[:4:2]:
        with running(store, server, processes=processes) as house:
            found = phones.rates(house)
        lines = [(name, rate, 1000 / rate) for name, rate in found.items()]
        report.table(f"Phones: {title}", ("what", "per CPU-second", "CPU ms of each"), lines)


def back_ends(report: Report, _wanted: argparse.Namespace) -> None:
    """Measure the calls of back ends on one granian process."""
    head = ("call", "clients", "per CPU-second", "CPU ms", "database ms", "calls/s",
            "p50 / p95 ms")  # fmt: skip
    for title, store, server, processes in HOUSES[:4:2]:
        with running(store, server, processes=processes) as house:
            found = cloud.costs(house)
        report.table(f"Cloud API: {title}", head, [cost.line for cost in found])


def second_facade(report: Report, _wanted: argparse.Namespace) -> None:
    """Measure the second façade on one granian process."""
    head = ("call", "clients", "per CPU-second", "CPU ms", "database ms", "calls/s",
            "p50 / p95 ms")  # fmt: skip
    for title, store, server, processes in HOUSES[:4:2]:
        with running(store, server, processes=processes) as house:
            found = list(nevis.costs(house))
            polled = nevis.crowd(house)
        report.table(f"Second façade: {title}", head, [cost.line for cost in found])
        report.table(f"Pages that poll: {title}", ("what", "measured"), polled.lines)


def called_back(report: Report, _wanted: argparse.Namespace) -> None:
    """Measure how one worker calls integrators."""
    for title, store, server, processes in HOUSES[:4:2]:
        with running(store, server, processes=processes) as house:
            found = callbacks.measure(house)
        report.table(f"Callbacks: {title}, one worker", ("what", "measured"), found.lines)


def messages(report: Report, _wanted: argparse.Namespace) -> None:
    """Measure how soon a text message leaves."""
    head = ("users at once", "p50 ms", "p95 ms", "longest ms")
    for title, store, server, processes in HOUSES[:4:2]:
        with running(store, server, processes=processes) as house:
            report.table(f"Text messages, asked for to delivered: {title}", head, texts.lags(house))


def pages(report: Report, _wanted: argparse.Namespace) -> None:
    """Measure how soon waiting pages are woken, and how many fit into a GiB."""
    rows = [
        (f"{count:,}", p50, p95, memory, f"{fit:,}")
        for count, p50, p95, memory, fit in waiting.measure()
    ]
    head = ("pages that wait", "p50 ms", "p95 ms", "MB of the process", "pages in a GiB")
    report.table("Waiting pages: PostgreSQL, Redis, one live process", head, rows)


def years(report: Report, wanted: argparse.Namespace) -> None:
    """Measure a flow in an empty store, and in one that has served for years."""
    rows = []
    for title, store, server, processes in HOUSES[:4:2]:
        with running(store, server, processes=processes) as house:
            empty = measure(house, "login_sca", users=1, flows=wanted.flows)
        with running(store, server, processes=processes) as house:
            walk(house, "login_sca")
            time.sleep(2)  # the worker has delivered its message
            _with_house_asleep(house, lambda: past.multiply(house.engine, wanted.past))
            full = measure(house, "login_sca", users=1, flows=wanted.flows)
        ratio = (full.milliseconds + full.database) / (empty.milliseconds + empty.database)
        rows.append((title, _both(empty), _both(full), f"{ratio:.2f}"))
    head = ("store", "empty: ms", f"{wanted.past:,} past flows: ms", "ratio")
    report.table("A flow `login_sca` after years", head, rows)


def _with_house_asleep(house: House, act: Callable[[], None]) -> None:
    family = [p for top in (house.web, house.worker) for p in (top, *top.children(recursive=True))]
    for process in family:
        process.suspend()
    try:
        act()
    finally:
        for process in family:
            process.resume()


def _both(cost: Cost) -> str:
    return f"{cost.milliseconds:.1f} + {cost.database:.1f}"


def _line(kind: Kind, users: int, cost: Cost, hashed: float) -> tuple[object, ...]:
    own = cost.milliseconds
    without = own - HASHES[kind] * hashed
    rate = cost.flows / cost.seconds
    return kind, users, own, without, cost.database, rate, cost.memory // 10**6


def _percentiles(cost: Cost, page: str) -> str:
    return " / ".join(f"{value:.0f}" for value in cost.percentiles(page))


def _hash_milliseconds() -> float:
    hasher = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
    kept, began = hasher.hash("test"), time.process_time()
    for _ in range(20):
        hasher.verify(kept, "test")
    return 1000 * (time.process_time() - began) / 20


SECTIONS = {
    "flows": flows,
    "units": units,
    "masking": mask,
    "phones": mobile,
    "cloud": back_ends,
    "callbacks": called_back,
    "nevis": second_facade,
    "texts": messages,
    "waiting": pages,
    "years": years,
}


def main() -> None:
    """Measure what the command line names."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("sections", nargs="*", help=f"of {', '.join(SECTIONS)}; all by default")
    parser.add_argument("--flows", type=int, default=FLOWS, help="flows of each measurement")
    parser.add_argument("--rounds", type=int, default=masking.ROUNDS, help="rounds of masking")
    parser.add_argument("--past", type=int, default=1_000_000, help="past flows of a full store")
    parser.add_argument("--write", action="store_true", help="write docs/performance.md")
    wanted = parser.parse_args()
    report = Report()
    report.words(machine())
    for name in wanted.sections or SECTIONS:
        SECTIONS[name](report, wanted)
        if wanted.write:  # after each: a run may be stopped
            report.write()


if __name__ == "__main__":
    main()
