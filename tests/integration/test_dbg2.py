from tests.integration.test_offsets_command import *
def test_x(settings):
    r = CliRunner().invoke(app, ["offsets", "move", "lead.events/0", "--to", "1", "--service", "converter"])
    e=r.exception; print(repr(e), [ (a.code(), a.name(), a.str(), a.retriable()) for a in e.args]); assert 0
