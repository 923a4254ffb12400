-- Purpose: the namespace of all our tables. Safe to repeat: yes.
create schema if not exists apod
