-- Shape B: the 11 trigger and 14 action definitions that its file seeds.
INSERT INTO public.trigger_definitions (id, category, name, description, icon, config_schema, output_schema) VALUES
('new_lead', 'leads', 'New Lead', 'A lead is created', 'user-plus', '{"source": "string"}', '{"lead": "object"}'),
('lead_updated', 'leads', 'Lead Updated', 'A lead changes', 'user-check', '{"fields": "array"}', '{"lead": "object"}'),
('lead_stage_changed', 'leads', 'Stage Changed', 'A lead moves to another stage', 'git-branch', '{"fromStage": "string", "toStage": "string"}', '{"lead": "object"}'),
('new_client', 'clients', 'New Client', 'Somebody becomes a member', 'user', '{}', '{"client": "object"}'),
('membership_expiring', 'clients', 'Membership Expiring', 'A membership ends soon', 'clock', '{"daysBefore": "number"}', '{"client": "object"}'),
('email_opened', 'communication', 'Email Opened', 'An e-mail is opened', 'mail-open', '{"emailId": "string"}', '{"email": "object"}'),
('form_submitted', 'communication', 'Form Submitted', 'A form comes in', 'file-text', '{"formId": "string"}', '{"form": "object"}'),
('appointment_booked', 'bookings', 'Appointment Booked', 'Somebody books', 'calendar', '{"appointmentType": "string"}', '{"appointment": "object"}'),
('scheduled', 'time', 'Schedule', 'At a time', 'clock', '{"cron": "string"}', '{}'),
('webhook', 'integrations', 'Webhook', 'Another system calls', 'webhook', '{"endpoint": "string"}', '{"payload": "object"}'),
('ai_churn_risk', 'ai', 'Churn Risk', 'A member may leave', 'brain', '{"threshold": "number"}', '{"client": "object"}');

INSERT INTO public.action_definitions
(id, category, name, description, icon, input_schema, output_schema, config_schema, is_premium) VALUES
('send_email', 'communication', 'Send Email', 'Sends an e-mail', 'mail', '{"to": "string", "subject": "string", "body": "string"}', '{"messageId": "string"}', '{}', false),
('send_sms', 'communication', 'Send SMS', 'Sends a text message', 'message', '{"to": "string", "message": "string"}', '{"messageId": "string"}', '{}', false),
('send_whatsapp', 'communication', 'Send WhatsApp', 'Sends a WhatsApp message', 'message-circle', '{"to": "string", "message": "string"}', '{"messageId": "string"}', '{}', false),
('update_lead', 'crm', 'Update Lead', 'Changes fields of a lead', 'edit', '{"fields": "object"}', '{"lead": "object"}', NULL, false),
('add_tag', 'crm', 'Add Tag', 'Adds a tag', 'tag', '{"tag": "string"}', '{}', NULL, false),
('change_stage', 'crm', 'Change Stage', 'Moves a lead', 'git-branch', '{"stage": "string"}', '{}', NULL, false),
('create_task', 'crm', 'Create Task', 'Makes a task', 'check-square', '{"title": "string"}', '{"taskId": "string"}', NULL, false),
('ai_analyze', 'ai', 'AI Analysis', 'Analyses text', 'brain', '{"prompt": "string"}', '{"result": "object"}', '{}', true),
('ai_generate_content', 'ai', 'AI Content', 'Writes text', 'pen', '{"prompt": "string"}', '{"content": "string"}', '{}', true),
('http_request', 'integrations', 'HTTP Request', 'Calls an address', 'globe', '{"url": "string", "method": "string"}', '{"response": "object"}', '{}', false),
('transform_data', 'data', 'Transform Data', 'Reshapes data', 'shuffle', '{"mapping": "object"}', '{"data": "object"}', NULL, false),
('wait_delay', 'flow', 'Wait', 'Waits', 'clock', '{"duration": "number", "unit": "string"}', '{}', NULL, false),
('condition', 'flow', 'Condition', 'Decides', 'git-branch', '{"field": "string"}', '{"result": "boolean"}', NULL, false),
('loop', 'flow', 'Loop', 'Repeats', 'repeat', '{"items": "array"}', '{}', NULL, false);
