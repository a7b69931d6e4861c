-- Takes the capture triggers off the CRM's tables, then removes the outbox and what belongs to it.
DO $$
DECLARE
    found record;
BEGIN
    FOR found IN
        SELECT t.tgname, t.tgrelid::regclass AS source
        FROM pg_trigger AS t
        WHERE t.tgfoid = to_regprocedure('atlas.capture_event()') AND NOT t.tgisinternal AND t.tgparentid = 0
    LOOP
        EXECUTE format('DROP TRIGGER %I ON %s', found.tgname, found.source);
    END LOOP;
END
$$;
DROP TRIGGER keep_listening ON atlas.workflows;
DROP FUNCTION atlas.capture_event(), atlas.event_sources(), atlas.events_of_email_events(jsonb, jsonb),
    atlas.events_of_notes(jsonb, jsonb), atlas.events_of_opportunities(jsonb, jsonb),
    atlas.events_of_memberships(jsonb, jsonb), atlas.events_of_payments(jsonb, jsonb),
    atlas.events_of_messages(jsonb, jsonb), atlas.events_of_forms(jsonb, jsonb), atlas.events_of_bookings(jsonb, jsonb),
    atlas.events_of_taggings(jsonb, jsonb), atlas.events_of_contacts(jsonb, jsonb),
    atlas.events_of_clients(jsonb, jsonb), atlas.events_of_leads(jsonb, jsonb), atlas.events_of_tags(text, jsonb, jsonb),
    atlas.booking_state(jsonb), atlas.booking_facts(jsonb), atlas.person_in(jsonb), atlas.form_facts(jsonb),
    atlas.change_facts(text[], jsonb, jsonb), atlas.tags_in(jsonb), atlas.fields_changed(jsonb, jsonb),
    atlas.number_in(jsonb, text[]), atlas.first_of(jsonb, text[]), atlas.keep_listening(),
    atlas.refresh_listening(uuid), atlas.only_values(text, jsonb),
    atlas.emit_event(uuid, text, text, jsonb, text, text), atlas.announce_events();
DROP TABLE atlas.wait_subscriptions, atlas.enrolment_refusals, atlas.deferred_events, atlas.listening_triggers,
    atlas.event_capture_warnings, atlas.event_outbox;
