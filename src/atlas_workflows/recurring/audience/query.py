"""The language of audience queries: a closed model of groups and leaves, checked and bounded where JSON enters. Pure."""

from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    StrictBool,
    StringConstraints,
    Tag,
    ValidationError,
    model_validator,
)

from atlas_workflows import exact_json
from atlas_workflows.errors import ScheduleRefused
from atlas_workflows.recurring.audience.refusal import AudienceRefused, refuse
from atlas_workflows.schedule.anniversaries import LeapDay
from atlas_workflows.schedule.moments import read_moment
from atlas_workflows.schedule.zones import load_zone

MOST_LEAVES, DEEPEST, MOST_VALUES, MOST_DAYS = 100, 10, 500, 3_660
SHAPE = "The shape is in docs/reference/audiences.md."
KINDS = {
    "all": "all", "any": "any", "not": "not", "field": "field", "tags": "tags", "date": "date",
    "not_contacted_days": "not_contacted_days", "anniversary": "anniversary",
}  # fmt: skip

# What wants one value, several, or none.
WITH_LIST = ("in", "not_in")
WITHOUT_VALUE = ("is_empty", "is_not_empty", "is_true", "is_false")
Operator = Literal[
    "equals", "not_equals", "in", "not_in", "contains", "not_contains", "starts_with", "ends_with",
    "greater_than", "greater_than_or_equal", "less_than", "less_than_or_equal",
    "is_empty", "is_not_empty", "is_true", "is_false",
]  # fmt: skip


def _storable(text: str) -> str:
    if "\0" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
        raise ValueError("it holds a character that no database column can hold")
    return text


def _zone(name: str) -> str:
    try:
        load_zone(name)
    except ScheduleRefused as refusal:
        raise ValueError(f"{refusal.fact.partition(': ')[2]} {refusal.remedy}") from refusal
    return name


def _moment(text: str) -> str:
    try:
        read_moment(text)
    except ScheduleRefused as refusal:
        raise ValueError(f"{refusal.fact.partition(': ')[2]} {refusal.remedy}") from refusal
    return text.strip()


Text = Annotated[str, StringConstraints(max_length=500), AfterValidator(_storable)]
Word = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(_storable)]
Number = Annotated[int | float, Field(ge=-(10**15), le=10**15)]
Value = StrictBool | Number | Text
Tags = Annotated[tuple[Word, ...], Field(min_length=1, max_length=MOST_VALUES)]
Moment = Annotated[str, AfterValidator(_moment)]
Days = Annotated[int, Field(ge=0, le=MOST_DAYS)]


class Model(BaseModel):
    """Closed and immutable; JSON types are not converted into each other."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class All(Model):
    """Every one of them holds."""

    all: tuple["Node", ...] = Field(min_length=1)


class AnyOf(Model):
    """At least one of them holds."""

    any: tuple["Node", ...] = Field(min_length=1)


class Not(Model):
    """It does not hold."""

    not_: "Node" = Field(alias="not")


class FieldLeaf(Model):
    """One field of the row compared with a value; texts are compared without regard to the case of A to Z."""

    field: Word
    operator: Operator
    value: Value | Annotated[tuple[Value, ...], Field(min_length=1, max_length=MOST_VALUES)] | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.operator in WITHOUT_VALUE:
            if self.value is not None:
                raise ValueError(f"{self.operator} takes no value")
        elif self.operator in WITH_LIST:
            if not isinstance(self.value, tuple):
                raise ValueError(f"{self.operator} takes a list of values")
        elif self.value is None or isinstance(self.value, tuple):
            raise ValueError(f"{self.operator} takes one value")
        return self


class TagChoice(Model):
    """Which tags somebody carries: at least one of `any`, every one of `all`, none of `none`."""

    any: Tags | None = None
    all: Tags | None = None
    none: Tags | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.any is None and self.all is None and self.none is None:
            raise ValueError("say any, all or none")
        return self


class TagsLeaf(Model):
    """The tags of the row, wherever the CRM keeps them."""

    tags: TagChoice


class DateLeaf(Model):
    """A date of the row: `before` or `after` a moment, within the `last_days` up to now, or the `next_days` from now."""

    date: Word
    before: Moment | None = None
    after: Moment | None = None
    last_days: Days | None = None
    next_days: Days | None = None

    @model_validator(mode="after")
    def _says_one(self) -> Self:
        said = [self.before, self.after, self.last_days, self.next_days]
        if sum(each is not None for each in said) != 1:
            raise ValueError("say exactly one of before, after, last_days and next_days")
        return self


class ContactLeaf(Model):
    """No message went to this person within so many days."""

    not_contacted_days: Annotated[int, Field(ge=1, le=MOST_DAYS)]


class AnniversaryLeaf(Model):
    """A date that comes every year is today, or comes in so many days.

    `leap_day`: 29 February in other years is 28 February or 1 March.
    """

    anniversary: Word
    in_days: Annotated[int, Field(ge=0, le=365)] = 0
    leap_day: LeapDay = "feb_28"


Leaf = FieldLeaf | TagsLeaf | DateLeaf | ContactLeaf | AnniversaryLeaf


def _kind(value: Any) -> str | None:
    keys = value.keys() if isinstance(value, dict) else type(value).model_fields.keys()
    names = {"not" if key == "not_" else key for key in keys}
    return next((kind for kind in KINDS if kind in names), None)


Node = Annotated[
    Annotated[All, Tag("all")]
    | Annotated[AnyOf, Tag("any")]
    | Annotated[Not, Tag("not")]
    | Annotated[FieldLeaf, Tag("field")]
    | Annotated[TagsLeaf, Tag("tags")]
    | Annotated[DateLeaf, Tag("date")]
    | Annotated[ContactLeaf, Tag("not_contacted_days")]
    | Annotated[AnniversaryLeaf, Tag("anniversary")],
    Discriminator(
        _kind,
        custom_error_type="no_condition",
        custom_error_message=f"it is no condition; one has one of the keys {', '.join(KINDS)}",
    ),
]


class AudienceQuery(Model):
    """Whom a recurring workflow is about. Without `where` it is everybody, which has to be said."""

    of: Literal["leads", "clients", "contacts"]
    where: Node | None = None
    everybody: StrictBool = False
    timezone: Annotated[str, AfterValidator(_zone)] | None = Field(
        None, description="In which days begin and end; the organization's where left out."
    )


def parse_query(raw: Any) -> AudienceQuery:
    """The query in a JSON value. Raises AudienceRefused naming the field that is wrong."""
    if isinstance(raw, AudienceQuery):
        return raw
    check_bounds(raw.get("where") if isinstance(raw, dict) else None)
    try:
        # As JSON: its lists are the tuples of the models, and no type is taken for another.
        query = AudienceQuery.model_validate_json(exact_json.dumps(raw))
    except ValidationError as cause:
        raise _refusal(cause) from cause
    if query.where is None and not query.everybody:
        raise refuse(
            "where",
            f"without it the query is all {query.of}.",
            'Say `"everybody": true` where that is meant, else what they have in common.',
        )
    return query


def query_to_json(query: AudienceQuery) -> dict[str, Any]:
    """The inverse of `parse_query`, without what was not said."""
    return query.model_dump(mode="python", by_alias=True, exclude_unset=True)


def check_bounds(value: Any) -> None:
    """Raises AudienceRefused for a query that is nested too deeply or has too many conditions."""
    level, depth, count = [value], 0, 0
    while level:
        count += len(level)
        if depth >= DEEPEST or count > MOST_LEAVES:
            raise refuse(
                "where", "it has too many conditions.", f"At most {MOST_LEAVES}, {DEEPEST} levels deep."
            )
        level, depth = [inner for node in level for inner in _members(node)], depth + 1


def _members(node: Any) -> list[Any]:
    found = [node.get(key) for key in ("all", "any", "not")] if isinstance(node, dict) else []
    return [
        member
        for each in found
        if each is not None
        for member in (each if isinstance(each, list | tuple) else [each])
    ]


def _refusal(cause: ValidationError) -> AudienceRefused:
    found = cause.errors(include_url=False, include_input=False)
    # A key that is misspelt is said before what is missing for it.
    first = next((each for each in found if each["type"] == "extra_forbidden"), found[0])
    place = _place(first["loc"])
    message = first["msg"].removeprefix("Value error, ")
    if first["type"] == "extra_forbidden":
        message = "nothing here has this key"
    return refuse(".".join(place) or "query", f"{message.rstrip('.')}.", SHAPE)


def _place(steps: tuple[int | str, ...]) -> list[str]:
    """Without the kinds of conditions, which stand before their own keys and may be the same words."""
    place: list[str] = []
    kind_comes = False
    for step in steps:
        if kind_comes and step in KINDS:
            kind_comes = False
            continue
        place.append(str(step))
        kind_comes = step in ("where", "not") or isinstance(step, int)
    return place
