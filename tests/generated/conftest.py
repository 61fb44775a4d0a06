"""How many cases are generated: few and always the same ones, or many new ones.

``pytest tests/generated --hypothesis-profile=long`` generates 10000 for each test.
"""

from hypothesis import HealthCheck, settings

SLOW = [HealthCheck.too_slow]  # data of every kind take a moment to generate
settings.register_profile(
    "short",
    max_examples=60,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=SLOW,
)
settings.register_profile("long", max_examples=10_000, deadline=None, suppress_health_check=SLOW)
settings.load_profile("short")
