"""How often a second of CPU can do one thing: introspect, exchange a code, judge a code."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

from bench.customer import Customer, Http
from bench.house import House
from bench.load import cpu_of, walk

INTROSPECTIONS = 3000
EXCHANGES = 150
CHECKS = 150
AT_ONCE = 4


def rates(house: House) -> Mapping[str, float]:
    """Return each rate in units per CPU-second of the web process."""
    return {
        "introspections": _introspections(house),
        "token exchanges": _exchanges(house),
        "code checks, wrong": _checks(house, right=False),
        "code checks, right": _checks(house, right=True),
    }


def _introspections(house: House) -> float:
    customer = Customer(house.port, house.code_of)
    token = customer.exchange(customer.login_sca(), house.secrets["bench"])

    def some(count: int) -> int:
        http = Http(house.port)
        for _ in range(count):
            _, said = http.ask(
                "introspect",
                "POST",
                "/oauth2/introspect",
                form=[("token", token)],
                authorization=house.secrets["bench"],
            )
            if '"active":true' not in said.replace(" ", ""):
                raise RuntimeError(said)
        http.close()
        return count

    some(100)
    return cpu_of(house, lambda: _in_parallel(some, INTROSPECTIONS))


def _exchanges(house: House) -> float:
    walk(house, "login_sca")
    customers = [Customer(house.port, house.code_of) for _ in range(EXCHANGES)]
    codes = [(customer, customer.login()) for customer in customers]
    for customer in customers:
        customer.http.close()  # servers close what is idle for long

    def all_of_them() -> int:
        for customer, code in codes:
            customer.exchange(code, house.secrets["benchlogin"])
        return len(codes)

    return cpu_of(house, all_of_them)


def _checks(house: House, *, right: bool) -> float:
    """Post codes to pages that ask for nothing else, so that no password is hashed."""
    waiting = [_at_the_code(house) for _ in range(CHECKS)]
    codes = [house.code_of(customer.user) if right else "00000000" for customer in waiting]

    def all_of_them() -> int:
        for customer, code in zip(waiting, codes, strict=True):
            customer.post("code", action="confirm", code=code)
        return len(waiting)

    return cpu_of(house, all_of_them)


def _at_the_code(house: House) -> Customer:
    customer = Customer(house.port, house.code_of)
    operation = customer.prepare("authorize_payment")
    customer.begin("bench", "openid pisp", operation)
    customer.send(
        "user name and password",
        "review",
        action="continue",
        username=customer.user,
        organization="",
        password="test",  # noqa: S106 - the demo's
    )
    customer.send("review", "code", action="continue", account="1", method="SMS_KEY")
    customer.http.close()  # servers close what is idle for long
    return customer


def _in_parallel(some: object, total: int) -> int:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return sum(pool.map(some, [total // AT_ONCE] * AT_ONCE))  # type: ignore[arg-type]
