"""Every way in which a text referred to a variable."""

from atlas_workflows.sample.recipe import action
from atlas_workflows.sample.specimen import ALL_SHAPES, CoverageClass, Specimen, in_groups, recipe

VARIABLES = (
    "{{firstName}}",
    "{{first_name}}",
    "{{ name }}",
    "{{lead.name}}",
    "{{trigger.email}}",
    "{{contact.firstName}}",
    "{{organization.name}}",
    "{{organizationName}}",
    "{{organization_name}}",
    "{{gym_name}}",
    "{{user.first_name}}",
    "{{appointment.only_start_time}}",
    "{{class_name}}",
    "{{currentDate}}",
    "{{items[0].x}}",
    "{{unknown_thing}}",
)
BRACKETS = ("[first_name]", "[organization_name]")
NUMBERED = tuple(f"{{{{{number}}}}}" for number in range(1, 9))

_SMS = action("send_sms", "Text", message=f"Hi {BRACKETS[0]}, {BRACKETS[1]} opens at 6.")
_BARE = action("send_sms", "Bare braces", message="Hi {name}, your class starts soon.")
_WHATSAPP = action(
    "send_whatsapp",
    "Numbered",
    mode="template",
    templateName="booking_confirmed",
    message="Booked: " + " ".join(NUMBERED),
    parameters=["{{firstName}}", "{{class_name}}"],
)
SPECIMENS = (
    *(
        Specimen(
            tuple(f"variable:{name}" for name in names),
            recipe(
                f"Text with {names[0].strip('{} ')}",
                [action("send_email", "Write", subject="For you", body=f"Hello {' · '.join(names)}!")],
            ),
            None,
            ALL_SHAPES,
            only_steps=True,
        )
        for names in in_groups(VARIABLES, 6)
    ),
    Specimen(
        (*(f"variable:{name}" for name in (*BRACKETS, *NUMBERED)), "variable:{name}"),
        recipe("Texts in the channels' own syntax", [_SMS, _BARE, _WHATSAPP]),
        None,
        ALL_SHAPES,
        only_steps=True,
    ),
)
CLASSES = tuple(
    CoverageClass(f"variable:{name}", needle=name, shapes=ALL_SHAPES)
    for name in (*VARIABLES, *BRACKETS, *NUMBERED, "{name}")
)
