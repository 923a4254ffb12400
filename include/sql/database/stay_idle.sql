-- Purpose: this transaction may hold its lock while another connection works, whatever the server's default.
-- Safe to repeat: yes.
set local idle_in_transaction_session_timeout = 0
