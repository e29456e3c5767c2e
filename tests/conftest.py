"""Makes the test kit's servers, processes, browser and company known to every test."""

# `company` imports `postgres`: a module must be named here before somebody else imports it.
pytest_plugins = [
    "tests.support.postgres",
    "tests.support.redis",
    "tests.support.process",
    "tests.support.browser",
    "tests.support.company",
]
