"""`notification.requests`: who wants to hear of what, how each user is reached, and who is in which team.

Every event says its subject as a whole, and an older one (by its time) never overwrites a newer one.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from leadline.contracts.events.scalars import NO_NUL
from leadline.contracts.events.types import Email, Event, Id, Ids, Line, Part, Word

TimeOfDay = Annotated[str, Field(pattern="^([01][0-9]|2[0-3]):[0-5][0-9]$")]
Language = Annotated[str, Field(pattern="^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$")]
Scope = Annotated[str, Field(pattern=r"^(own|team|all|customer:[^\u0000]{1,128})$")]
SubscribedKind = Literal["first-sale", "stage-changed", "reminder"]


class Channel(Part):
    """A way to reach a user beside the inbox, which everybody has."""

    channel: Literal["email", "webhook"] = Field(description="What kind of way it is.")
    address: Annotated[str, Field(min_length=1, max_length=2000, pattern=NO_NUL)] = Field(
        description="E-mail address, or URL of the webhook."
    )
    secrets: tuple[Line, ...] | None = Field(
        default=None, description="Webhook: what its requests are signed with; several while one takes the other's place."
    )
    enabled: bool | None = Field(default=None, description="Whether it is used; null: it is.")


class NotificationPreferencesSet(Event):
    """How one user is reached, and when not; said as a whole: what is absent or null has its default again."""

    user_id: Id
    language: Language | None = Field(default=None, description="Language of mails, such as de; null: en.")
    email: Email | None = Field(
        default=None, description="The user's e-mail address, kept as it is said; e-mails go to the channels that name one."
    )
    time_zone: Word | None = Field(
        default=None, description="IANA name such as Europe/Berlin, by which the times below are meant; null: UTC."
    )
    quiet_from: TimeOfDay | None = Field(
        default=None,
        description="Begin of the quiet hours, such as 22:00; without both times, or with equal ones, there are none.",
    )
    quiet_until: TimeOfDay | None = Field(default=None, description="End of the quiet hours, such as 07:00.")
    digest: Literal["off", "daily"] | None = Field(
        default=None, description="daily: everything of a day is sent together; null: off."
    )
    digest_at: TimeOfDay | None = Field(default=None, description="When the daily digest is sent; null: 08:00.")
    channels: tuple[Channel, ...] | None = Field(default=None, description="Every way to reach the user beside the inbox.")


class Subscriber(Part):
    """Who subscribes: a user, or a team for each of its members."""

    type: Literal["user", "team"] = Field(description="Whose id it is.")
    id: Id = Field(description="Id of the user or team: opaque text of 1-128 characters; an integer is kept as its digits.")


class Subscription(Event):
    """What a subscription is about."""

    subscriber: Subscriber = Field(description="Who subscribes; its id is the record's key.")
    kind: SubscribedKind = Field(description="The kind of notification.")
    scope: Scope = Field(
        description="Of which customers: own (whose salesperson the user is), team (the team's), all, or customer:<id>."
    )


class NotificationSubscribed(Subscription):
    """A user or team wants to hear of this from now on."""


class NotificationUnsubscribed(Subscription):
    """A user or team no longer wants to hear of this; a user's word stands above that of the user's teams."""


class TeamMembersSet(Event):
    """Who is in a team, said as a whole; a customer whose branch has the team's id is the team's too."""

    team_id: Id = Field(description="The team: opaque text of 1-128 characters; an integer is kept as its digits.")
    member_ids: Ids = Field(description="Every user in the team.")
