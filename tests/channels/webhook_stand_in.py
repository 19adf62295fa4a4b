"""A webhook as FieldOps has it: verify over the bytes, keep once, answer: for stand-ins to post to."""

from fieldops.channels.contract import BadSignature, Channel
from tests.channels.http_stand_in import Answer, Asked, HttpStandIn


class WebhookStandIn(HttpStandIn):
    def __init__(self, channel: Channel) -> None:
        super().__init__()
        self.channel = channel
        self.kept: dict[str, bytes] = {}

    def answer(self, asked: Asked) -> Answer:
        if asked.method == "GET":
            told = self.channel.challenge(asked.query)
            return Answer(403) if told is None else Answer(200, told.encode(), {"Content-Type": "text/plain"})
        try:
            self.channel.verify(asked.headers, asked.body)
        except BadSignature as refusal:
            return Answer(401 if refusal.missing else 403)
        self.kept.setdefault(self.channel.event_id(asked.headers, asked.body), asked.body)
        return Answer(200)
