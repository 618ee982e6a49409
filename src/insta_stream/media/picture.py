"""How a decoded picture becomes one of a rung's canvas, as FFmpeg filters: upright and in its shape. Pure."""

from fractions import Fraction
from itertools import pairwise

from insta_stream.media.ladder import Rung
from insta_stream.media.model import VideoStream
from insta_stream.ticks import TICKS_PER_SECOND


def of_one_shape(video: VideoStream) -> tuple[str, ...]:
    """Return the filter that makes all FFmpegs see pixels alike whose shape changes; `fitted` knows it."""
    return ("setsar=1",) if video.shapes else ()


def of_one_size(video: VideoStream) -> str:
    """Return the filter that brings each picture to the inspected size, as far as it is not."""
    width, height = str(video.width), str(video.height)
    if video.crop:
        # Newer FFmpegs have cropped already, when they decoded.
        left, top, right, bottom = video.crop
        width = f"'if(eq(iw,{width}),{width},{left + video.width + right})'"
        height = f"'if(eq(ih,{height}),{height},{top + video.height + bottom})'"
    return f"scale={width}:{height}:interl=-1"


def deinterlaced(video: VideoStream) -> tuple[str, ...]:
    """Return the filter that makes one frame of two fields, where a picture may have them."""
    # A frame that says that it is whole passes untouched, at no cost.
    if video.is_marked:
        return ("bwdif=mode=send_frame:deint=interlaced",)
    return ("bwdif=mode=send_frame:deint=all",) if video.is_interlaced else ()


def upright(video: VideoStream) -> tuple[str, ...]:
    """Return the filters that crop, mirror and turn a picture as it is to be seen."""
    # The file's matrix must not reach the encoder too: players would turn the picture again.
    forget = "sidedata=mode=delete:type=DISPLAYMATRIX"
    turns = {0: (), 90: ("transpose=clock",), 180: ("hflip", "vflip"), 270: ("transpose=cclock",)}
    mirror = ("hflip",) if video.is_mirrored else ()
    return (*_cropped(video), *mirror, *turns[video.rotation], forget)


def _cropped(video: VideoStream) -> tuple[str, ...]:
    if video.crop is None:
        return ()
    left, top, _, _ = video.crop
    # Where FFmpeg has cropped already, what comes in is no larger than this.
    size = f"'min(iw,{video.width})':'min(ih,{video.height})'"
    shape = f"{video.sample_aspect.numerator}/{video.sample_aspect.denominator}"
    return (f"crop={size}:'min({left},iw-ow)':'min({top},ih-oh)'", f"setsar={shape}")


def is_hdr(video: VideoStream) -> bool:
    """Whether the picture's transfer is HLG or PQ."""
    return video.transfer in {"arib-std-b67", "smpte2084"}


def tone_mapped(video: VideoStream) -> tuple[str, ...]:
    """Return the filters that bring an HDR picture to BT.709."""
    return (
        f"setparams=color_primaries=bt2020:color_trc={video.transfer}:colorspace=bt2020nc",
        "zscale=transfer=linear:npl=100",
        "format=gbrpf32le",
        "zscale=primaries=bt709",
        "tonemap=hable:desat=0",
        "zscale=transfer=bt709:matrix=bt709:range=limited",
        "format=yuv420p",
    )


def fitted(video: VideoStream, rung: Rung, *, is_bt709: bool) -> tuple[str, ...]:
    """Return the filters that put an upright picture on a rung's canvas. is_bt709: it is tone mapped."""
    matrix, value_range = ("bt709", "limited") if is_bt709 else (_matrix(video), _range(video))
    return (
        (
            f"scale={_fitting(video, rung)}:flags=bicubic:in_color_matrix={matrix}:out_color_matrix=bt709"
            f":in_range={value_range}:out_range=limited"
        ),
        "format=yuv420p",
        f"pad={rung.width}:{rung.height}:(ow-iw)/2:(oh-ih)/2:eval=frame",
        "setsar=1",
        "setparams=range=limited:color_primaries=bt709:color_trc=bt709:colorspace=bt709:field_mode=prog",
    )


def _fitting(video: VideoStream, rung: Rung) -> str:
    """Return the even size at which each upright picture, in square pixels, fits the rung's canvas."""
    shape = _shape(video)
    width, height = (
        f"2*max(1\\,round(min({most}\\,{other})/2))"
        for most, other in ((rung.width, f"{rung.height}*{shape}"), (rung.height, f"{rung.width}/{shape}"))
    )
    return f"w={width}:h={height}:eval=frame"


def _shape(video: VideoStream) -> str:
    """Return the shape of an upright picture, width by height, as an expression of its time."""
    if not video.shapes:
        return "dar"
    pixels = [f"{float(video.shapes[0][1]):.6f}"]
    for (_, before), (at, after) in pairwise(video.shapes):
        # From the first frame that airs on: the nearest in time.
        begin = (round(Fraction(at, TICKS_PER_SECOND) * video.frame_rate) - Fraction(1, 2)) / video.frame_rate
        pixels.append(f"({float(after - before):.6f})*gte(t\\,{float(begin):.6f})")
    return f"(dar{'/' if video.rotation in (90, 270) else '*'}({'+'.join(pixels)}))"


def _matrix(video: VideoStream) -> str:
    """Return the colour matrix; an untagged one is guessed from the size, as players do."""
    if video.color_space.startswith("bt2020"):
        return "bt2020"
    if video.color_space in {"bt709", "fcc", "smpte240m"}:
        return video.color_space
    if video.color_space in {"bt470bg", "smpte170m"}:
        return "bt601"
    return "bt709" if video.height >= 720 else "bt601"  # noqa: PLR2004 - where high definition begins


def _range(video: VideoStream) -> str:
    is_full = video.color_range in {"pc", "jpeg", "full"} or video.pixel_format.startswith("yuvj")
    return "full" if is_full else "limited"
