"""The automations of the tidy sample: what gyms really send, with clean settings."""

from atlas_workflows.sample.recipe import Recipe, action, wait, when

WELCOME = Recipe(
    "Welcome series",
    "Greets every new lead and books a first visit within a week.",
    "lead_created",
    {"source": "all"},
    (
        action(
            "send_email",
            "Send welcome e-mail",
            subject="Welcome to %GYM%, {{firstName}}!",
            body="Hi {{firstName}},\n\nthank you for your interest. Your first class is on us — just reply to this e-mail.\n\nThe %GYM% team",
        ),
        wait(2, "days"),
        when(
            "Has booked?",
            "lead.status",
            "equals",
            "contacted",
            yes=(action("add_tags", "Tag as engaged", tags=["engaged"]),),
            no=(
                action(
                    "send_sms",
                    "Send reminder",
                    message="Hi {{firstName}}, shall we book your free class? %GYM%",
                ),
                action("create_task", "Call the lead", title="Call {{firstName}}", priority="high"),
            ),
        ),
    ),
    {"gym_name": "%GYM%", "offer": "First class free"},
)
TRIAL = Recipe(
    "Trial follow-up",
    "Asks how the trial went and offers a membership.",
    "form_submitted",
    {"formId": "trial-form", "formType": "all"},
    (
        action("update_lead_status", "Mark contacted", status="contacted"),
        wait(1, "days"),
        action(
            "send_email",
            "Ask about the trial",
            subject="How was your trial?",
            body="Hello {{firstName}},\n\nhow did you like the trial? Members of %GYM% save 20 % this week.",
        ),
        wait(3, "days"),
        action("create_task", "Personal call", title="Trial follow-up call", priority="medium"),
    ),
    {"discount": 20},
)
WIN_BACK = Recipe(
    "Win back inactive members",
    "Reaches members that the churn model sees leaving.",
    "ai_churn_risk",
    {"threshold": 0.7},
    (
        action("add_tags", "Tag at risk", tags=["at-risk", "win-back"]),
        action(
            "send_email",
            "We miss you",
            subject="We miss you at %GYM%",
            body="Hi {{firstName}}, it has been a while. Come back this month and bring a friend for free.",
        ),
    ),
)
CLASS_REMINDER = Recipe(
    "Class reminder",
    "Reminds of a class on the day before.",
    "appointment_booked",
    {"appointmentType": "class"},
    (
        action(
            "send_sms",
            "Remind by SMS",
            message="Hi {{firstName}}, see you tomorrow at %GYM%. Reply C to cancel.",
        ),
    ),
)
MISSED_PAYMENT = Recipe(
    "Missed payment",
    "Tells the member kindly, then the team.",
    "payment_failed",
    {},
    (
        action(
            "send_email",
            "Payment problem",
            subject="Your payment to %GYM% did not go through",
            body="Hello {{firstName}}, your bank declined this month's payment. Please update your card.",
        ),
        wait(3, "days"),
        action("create_task", "Check the account", title="Unpaid: {{firstName}}", priority="high"),
    ),
)
BIRTHDAY = Recipe(
    "Birthday greeting",
    "A greeting and a free smoothie.",
    "birthday_trigger",
    {},
    (
        action(
            "send_whatsapp",
            "Happy birthday",
            message="🎂 Happy birthday, {{firstName}}! A smoothie waits for you at %GYM%.",
        ),
    ),
)
EXPIRING = Recipe(
    "Membership expires soon",
    "Offers a renewal a week before the end.",
    "membership_expiring",
    {"daysBefore": 7},
    (
        action(
            "send_email",
            "Renewal offer",
            subject="Stay with %GYM%",
            body="Hi {{firstName}}, your membership ends in a week. Renew today and keep your price.",
        ),
        action("add_tags", "Tag renewal", tags=["renewal"]),
    ),
)
ONBOARDING = Recipe(
    "New member onboarding",
    "The first thirty days of a member.",
    "new_client",
    {},
    (
        action(
            "send_email",
            "Your first steps",
            subject="Your first steps at %GYM%",
            body="Welcome, {{firstName}}! Here is how to book classes, freeze your plan and reach a trainer.",
        ),
        wait(7, "days"),
        action("send_sms", "First week", message="One week in, {{firstName}} — how do you feel? %GYM%"),
        wait(3, "weeks"),
        action("create_task", "Progress review", title="30-day review with {{firstName}}", priority="medium"),
    ),
)
STAGE = Recipe(
    "Qualified lead to sales",
    "Hands a qualified lead to the team.",
    "lead_stage_changed",
    {"fromStage": "contacted", "toStage": "qualified"},
    (
        action("create_task", "Offer a tour", title="Show {{firstName}} around", priority="high"),
        action("add_note", "Log the hand-over", note="Handed to sales by automation"),
    ),
)
WEBHOOK = Recipe(
    "Web shop order",
    "Turns an order of the web shop into a tag.",
    "webhook",
    {"webhook_id": "web-shop", "method": "POST"},
    (action("add_tags", "Tag as shop customer", tags=["shop"]),),
)
NEWSLETTER = Recipe(
    "Monday motivation",
    "Every Monday morning.",
    "scheduled",
    {"scheduleType": "cron", "cronExpression": "0 7 * * 1", "timezone": "%ZONE%"},
    (
        action(
            "send_email",
            "Monday mail",
            subject="Your week at %GYM%",
            body="Good morning {{firstName}}! New week, new goals.",
        ),
    ),
)
CALL_BACK = Recipe(
    "Lead score rises",
    "Calls back leads that become interesting.",
    "lead_updated",
    {"fields": ["score"]},
    (
        when(
            "Score over 60?",
            "lead.score",
            "greater_than",
            60,
            yes=(action("create_task", "Call back", title="Call {{firstName}} today", priority="high"),),
            no=(action("add_note", "Note", note="Score below 60"),),
        ),
    ),
)
RECIPES = (
    WELCOME,
    TRIAL,
    WIN_BACK,
    CLASS_REMINDER,
    MISSED_PAYMENT,
    BIRTHDAY,
    EXPIRING,
    ONBOARDING,
    STAGE,
    WEBHOOK,
    NEWSLETTER,
    CALL_BACK,
)
