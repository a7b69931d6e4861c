-- Writes a consent to the opt-in columns of a person's legacy rows; how many changed.
SELECT atlas.write_consent_back(
    %(organization)s::uuid, %(people)s, %(channel)s, %(granted)s, %(at)s::timestamptz, %(by)s
)
