"""One step from a version of the tables to the next, in order. What was released is never changed.

v0001_first_tables       videos, packages, channels and runs
v0002_resumable_uploads  uploads that go on
v0003_retention          deleted videos, and history that is given back
v0004_restored           the mark of a backup
v0005_installation       the folders that belong together
v0006_peaks              the highest rate of each rendition
v0007_channel_numbers    channel numbers for TV apps
v0008_api_tokens         API tokens
v0009_accounts           people and sessions
v0010_playback           links for viewers and their keys
v0011_audit_log          the audit log
v0012_owners             who uploaded a video
v0013_news               how every process learns what has changed
v0014_guarantees         what must never be is refused by name
v0015_writers            which attempt may write a package
v0016_program_packages   which packages programs name
v0017_shared_uploads     uploads that several processes receive
v0018_headway            how far packages are
v0019_news_of_accounts   who may do what, told to every process
v0020_forms              a file in one request is an upload like any other
"""
