"""What a setting is: its names, what may be said in it, and the file it may stand in.

    names   how each setting is called, outside a file
    kinds   what can be written in a setting, each kind a type
    rules   what must hold between settings
    file    what a settings file says, and the old names

`insta_stream.settings` has the settings themselves, `insta_stream.configuration` finds them.
"""
