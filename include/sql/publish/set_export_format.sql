-- Purpose: dates as YYYY-MM-DD, whatever the server's default, and rows in the order of their key by its index: without
-- statistics the planner would read and sort all of them. Until the transaction ends. Safe to repeat: yes.
set local datestyle = 'ISO, YMD';
set local enable_sort = off
