"""The database: its tables, and the statements that are not those of one service alone.

Nobody above knows SQL. A violation of a constraint is told by its name (`schema`).

The database itself:
    engine        SQLite behind SQLAlchemy, with transactions that lose no update
    schema        the tables, with named constraints
    checked       rows as their tables declare them
    document      JSON in a column
    migrations    the steps from each version of the tables to the next
    upgrade       runs them where a start finds older tables
    guarantees    what must never be, by the names under which it is refused
    news          how every process learns what has changed
    latest        the same, before a request is answered
    snapshot      a copy as it is at one instant

Rows:
    videos        videos, packages and renditions
    headway       how far packages are
    uploads       uploads
    usage         how much of the disk is whose
    channels      channels and their timelines
    accounts      people, invitations and recovery codes
    sessions      sessions, their keys, and sign-ins that failed
    tokens        API tokens
    playback      keys and links for viewers
    audit         entries of the audit log

The data folder:
    installation  which installation it is of
    profile       what it was begun with and keeps
    restored      the mark of a backup
    instants      the instants in it, and how they are brought back
"""
