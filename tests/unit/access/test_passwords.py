"""Passwords are dear to guess. Servers of other tests make cheaper hashes."""

from insta_stream.access.passwords import Passwords


async def test_a_hash_takes_the_memory_and_the_passes_that_it_should() -> None:
    passwords = Passwords()
    try:
        made = await passwords.hash("correct horse battery")
        assert made.startswith("$argon2id$v=19$m=65536,t=3,p=1$")
        assert await passwords.matches("correct horse battery", made, "stranger")
        assert not await passwords.matches("correct horse batterz", made, "stranger")
        assert not await passwords.matches("correct horse battery", None, "known browser")
    finally:
        passwords.close()
