import pytest

from portal import Portal


@pytest.fixture(scope="session")
def portal():
    portal = Portal()
    yield portal
    portal.close()
