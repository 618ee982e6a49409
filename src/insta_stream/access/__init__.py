"""Who may do what: people, their sessions and tokens, links for viewers, and the log of what everybody did.

What a request is held against is in memory (`roster`, `issued`, `signer`), as the database was a moment ago.

What may be done:
    permission     what there is to be allowed
    role           a name for permissions
    principal      somebody who asks, and what they may do

People:
    people         added, changed, invited, removed
    credentials    their passwords and second factors
    passwords      what may be a password, and its hash
    second_factor  codes of an app, and recovery codes
    oidc           signing in by another service
    throttle       pauses after sign-ins that failed
    sessions       signing in, staying signed in, signing out
    signer         the signed texts that browsers hold of a session
    roster         the people and sessions there are, in memory
    directory      keeps the roster up to date in every process
    upkeep         forgets what is over, in one process

Programs:
    tokens         API tokens, made and revoked
    issued         the API tokens that are valid, in memory
    secret         secrets that are shown once, and what is stored of them

Viewers:
    playback       links for viewers, and the keys that they are made with
    passes         the signed text in an address of a viewer

The audit log:
    action         what people do here, one name each
    act            what somebody is doing, while it is being done
    audit_log      who changed what, when and from where
    sentence       an entry as a sentence
    share          how much of the log one may fill
    tally          what comes often and alike, counted together

For all of them:
    office         the same services for commands, without a server
    presence       what a new row is about is there when it is written
    wall           what the machine's clock shows
"""
