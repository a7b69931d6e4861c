"""Where other cron dialects answer differently, and why ours does not: data for the reference page and the tests."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Deviation:
    """`theirs` and `ours` say in words what one expression means; `reason` why we differ."""

    dialect: str
    expression: str
    theirs: str
    ours: str
    reason: str


UNION = "Both day fields set is their union, whatever they hold: one rule, shown by `describe`."
OPEN = "Only `*`, `?` and `*/1` leave the choice to the other day field; whatever else names all days names days."
RARE = "Write LW or L-3: nobody's calendar says more than that."
NEVER_SILENT = "A slip is better refused by name than executed at a time that nobody wrote."

DEVIATIONS = (
    Deviation(
        "Vixie, Debian, cronsim",
        "0 0 1-7 * */7",
        "both must match: first Sunday",
        "day 1–7, or Sunday",
        UNION,
    ),
    Deviation(
        "Vixie, Debian, cronsim, robfig/cron",
        "0 0 */2 * mon",
        "both must match",
        "odd days, or Monday",
        UNION,
    ),
    Deviation("Quartz, Cronos", "0 0 13 * fri", "refused or both must match", "the 13th, or Friday", UNION),
    Deviation("croniter", "0 0 16W * mon", "only the day nearest to the 16th", "that day, or Monday", UNION),
    Deviation("croniter", "0 0 20 * 1#4", "both must match", "the 20th, or the fourth Monday", UNION),
    Deviation("croniter", "0 0 L * L5", "only the last Friday", "the last day, or the last Friday", UNION),
    Deviation(
        "Cronos, cron-utils",
        "0 0 1/1 * mon",
        "Mondays: both must match, and `1/1` is every day",
        "every day, or Monday: every day",
        OPEN,
    ),
    Deviation(
        "Cronos, cron-utils",
        "0 0 13 * 0-6",
        "the 13th: both must match, and `0-6` is every weekday",
        "the 13th, or any weekday: every day",
        OPEN,
    ),
    Deviation(
        "croniter", "0 0 * * *,sat#3", "the third Saturday", "every day", "A list with `*` in it holds all."
    ),
    Deviation(
        "croniter",
        "0 0 * * 5,6#3",
        "refused",
        "Fridays, and the third Saturday",
        "A list is the union of its parts.",
    ),
    Deviation(
        "croniter",
        "0 0 * * mon,L5",
        "refused",
        "Mondays, and the last Friday",
        "A list is the union of its parts.",
    ),
    Deviation(
        "croniter, Quartz",
        "0 9 1,15W * *",
        "refused",
        "the 1st, and the working day nearest to the 15th",
        "A list is the union of its parts.",
    ),
    Deviation(
        "Cronos",
        "0 0 31W * *",
        "only in months that have a 31st",
        "in shorter months the working day nearest to their last",
        "croniter's reading: every month has a working day nearest to it.",
    ),
    Deviation(
        "Quartz, Cronos",
        "0 0 L-3W * *",
        "the working day nearest to the third before the last",
        "refused",
        RARE,
    ),
    Deviation("Cronos", "0 0 L-0 * *", "the last day", "refused", "Write L."),
    Deviation(
        "croniter",
        "0 0 25-L * *",
        "the 25th to the last day",
        "refused",
        "Write 25-31: days that a month lacks do not fire.",
    ),
    Deviation(
        "cronsim",
        "0 0 15W * *",
        "refused",
        "the working day nearest to the 15th",
        "Quartz's and croniter's spelling.",
    ),
    Deviation(
        "cronsim",
        "0 0 ? * mon",
        "refused",
        "Mondays",
        "Quartz's and croniter's spelling: `?` leaves a day field open.",
    ),
    Deviation(
        "Cronos, robfig/cron, cron-utils",
        "? * * * *",
        "every minute, as `*`",
        "refused",
        "`?` leaves a day field to the other one; elsewhere it is a slip.",
    ),
    Deviation(
        "cronsim",
        "0 0 * * 7/2",
        "Sundays",
        "Sunday, Tuesday, Thursday, Saturday",
        "7 is Sunday, as 0 is: `7/2` is `0/2`.",
    ),
    Deviation("Quartz, cron-utils", "/30 * * * *", "every 30 minutes, as `*/30`", "refused", NEVER_SILENT),
    Deviation(
        "Quartz",
        "*/70 * * * *",
        "refused, the step being longer than the hour",
        "minute 0",
        "crontab's, croniter's and cronsim's reading: the first value alone.",
    ),
    Deviation(
        "Debian, cronsim",
        "* 1-6 * * *",
        "runs on through the repeated hour, as the minute is a wildcard",
        "the first pass of the repeated hour",
        "Only the hour field decides: it says whether hours are counted or named.",
    ),
    Deviation(
        "Debian, cronsim",
        "30 * * * *",
        "nothing at the gap",
        "the first instant after the gap stands for the half hour that is missing",
        "The stated gap policy holds for every cron; `gap: skip` gives the other answer.",
    ),
    Deviation(
        "croniter",
        "30 1 * * *",
        "fires in both passes of the repeated hour",
        "fires in the first pass",
        "A daily message is sent once a day; `fold: both` gives the other answer.",
    ),
    Deviation(
        "Vixie, cronsim",
        "0 22-2 * * *",
        "refused",
        "22, 23, 0, 1, 2",
        "croniter, Quartz and Cronos agree that a reversed range wraps around.",
    ),
    Deviation(
        "croniter",
        "52-35/3 * * * *",
        "starts anew after the wrap: …, 58, 2, 5",
        "keeps its step over the wrap: …, 58, 1, 4",
        "Quartz's reading; every third minute means every third minute.",
    ),
    Deviation(
        "croniter",
        "0 0 * 5-5 *",
        "every month",
        "May",
        "A range from May to May is May, as in every other dialect.",
    ),
    Deviation(
        "croniter",
        "0 0 1 * */1",
        "every day",
        "the first",
        "`*/1` is `*`, as it is for croniter in the other field.",
    ),
    Deviation("cronsim", "0 0 L/2 * *", "the last day, step ignored", "refused", NEVER_SILENT),
    Deviation(
        "croniter", "0 0 * * 5L", "refused (only L5)", "the last Friday", "Quartz's and cronsim's spelling."
    ),
    Deviation("croniter", "0 0 LW * *", "refused", "the last working day", "Quartz's spelling."),
    Deviation(
        "croniter, cronsim", "0 0 L-3 * *", "refused", "three days before the last", "Quartz's spelling."
    ),
    Deviation("cronsim", "0 0 * * monL", "refused", "the last Monday", "Names stand wherever numbers do."),
    Deviation(
        "Quartz", "0 0 * * L", "Saturday", "refused", "Elsewhere it reads as the last day; write 6 or 6L."
    ),
    Deviation(
        "Quartz", "0 0 * * 1", "Sunday", "Monday", "Weekday numbers are crontab's: 0 and 7 are Sunday."
    ),
    Deviation(
        "Jenkins, croniter",
        "H 0 * * *",
        "a hashed minute",
        "refused",
        "Use `jitter_seconds`, which is stable per workflow.",
    ),
    Deviation(
        "croniter", "R 0 * * *", "a random minute at each start", "refused", "A schedule has one answer."
    ),
    Deviation(
        "Quartz, node-cron, croniter",
        "0 0 9 * * *",
        "six fields, one of them seconds",
        "refused",
        "Schedules are exact to the minute. Legacy translation drops a leading 0 and says so.",
    ),
    Deviation(
        "robfig/cron",
        "TZ=Europe/London 0 9 * * *",
        "nine in London",
        "refused",
        "The zone is a field of the schedule.",
    ),
    Deviation(
        "robfig/cron",
        "@every 5m",
        "every five minutes from its start",
        "refused",
        "Write `every`, which has an anchor.",
    ),
    Deviation("Cronos", "@every_minute", "every minute", "refused", "Write `* * * * *`."),
    Deviation(
        "robfig/cron",
        "30 2 11 3 *",
        "left out where the clock is put forward over it",
        "the first instant after the gap",
        "The stated gap policy holds for every cron; `gap: skip` gives the other answer.",
    ),
    Deviation("crontab", "@reboot", "at start", "refused", "There is no such instant."),
    Deviation(
        "croniter, Vixie, Cronos",
        "0 0 31 2 *",
        "accepted when parsed",
        "refused",
        NEVER_SILENT,
    ),
)
