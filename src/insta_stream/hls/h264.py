"""What the first access unit of an H.264 stream tells (ITU-T H.264 section 7.3.2.1 and table 7-1)."""

from collections.abc import Iterator
from dataclasses import dataclass

_SLICES = range(1, 6)
_IDR = 5
_SPS = 7
_WITH_CHROMA = frozenset({100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135})


@dataclass(frozen=True, slots=True)
class Sps:
    """A sequence parameter set.

    width, height: of the picture that is shown, in pixels (cropping applied). has_fields: pictures may be
    coded as two fields, or be of two instants.
    """

    profile_idc: int
    constraints: int
    level_idc: int
    width: int
    height: int
    has_fields: bool = False

    @property
    def codec(self) -> str:
        """The stream's name in a CODECS attribute (RFC 6381 section 3.3)."""
        return f"avc1.{self.profile_idc:02x}{self.constraints:02x}{self.level_idc:02x}"


def first_access_unit(stream: bytes) -> tuple[bool, Sps | None]:
    """Return whether the first slice of an Annex B byte stream is an IDR slice, and the SPS before it.

    Raises ValueError when the SPS is broken.
    """
    sps = None
    for at in _nal_units(stream):
        kind = stream[at] & 0x1F
        if kind == _SPS and sps is None:
            end = stream.find(b"\x00\x00\x01", at)
            sps = read_sps(stream[at : end if end >= 0 else len(stream)])
        if kind in _SLICES:
            return kind == _IDR, sps
    return False, sps


def read_sps(unit: bytes) -> Sps:
    """Return what a sequence parameter set NAL unit says. Raises ValueError when it ends too early."""
    bits = _Bits(unit[4:].replace(b"\x00\x00\x03", b"\x00\x00"))
    profile_idc, constraints, level_idc = unit[1:4]
    bits.golomb()  # seq_parameter_set_id
    chroma_format, is_separate = _chroma(bits) if profile_idc in _WITH_CHROMA else (1, False)
    bits.golomb()  # log2_max_frame_num_minus4
    _skip_picture_order(bits)
    bits.golomb()  # max_num_ref_frames
    bits.take(1)  # gaps_in_frame_num_value_allowed_flag
    macroblocks_wide = bits.golomb() + 1
    map_units_high = bits.golomb() + 1
    fields = 1 if bits.take(1) else 2  # frame_mbs_only_flag
    if fields == 2:  # noqa: PLR2004  (two fields a frame)
        bits.take(1)  # mb_adaptive_frame_field_flag
    bits.take(1)  # direct_8x8_inference_flag
    left, right, top, bottom = [bits.golomb() for _ in range(4)] if bits.take(1) else (0, 0, 0, 0)
    has_chroma = chroma_format != 0 and not is_separate
    unit_wide = 2 if has_chroma and chroma_format in (1, 2) else 1
    unit_high = (2 if has_chroma and chroma_format == 1 else 1) * fields
    return Sps(
        profile_idc,
        constraints,
        level_idc,
        width=macroblocks_wide * 16 - (left + right) * unit_wide,
        height=map_units_high * 16 * fields - (top + bottom) * unit_high,
        has_fields=fields == 2,  # noqa: PLR2004  (as above)
    )


def _nal_units(stream: bytes) -> Iterator[int]:
    """Yield where each NAL unit begins, after its start code."""
    at = stream.find(b"\x00\x00\x01")
    while 0 <= at < len(stream) - 3:
        yield at + 3
        at = stream.find(b"\x00\x00\x01", at + 3)


class _Bits:
    """Reads big-endian bits and Exp-Golomb numbers."""

    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data, "big")
        self._left = len(data) * 8

    def take(self, count: int) -> int:
        if count > self._left:
            raise ValueError("the sequence parameter set ends too early")
        self._left -= count
        return self._value >> self._left & ((1 << count) - 1)

    def golomb(self) -> int:
        zeros = 0
        while not self.take(1):
            zeros += 1
        return (1 << zeros) - 1 + self.take(zeros)


def _chroma(bits: _Bits) -> tuple[int, bool]:
    """Read chroma_format_idc and whether the colour planes are separate; skip depth and scaling lists."""
    yuv444 = 3
    chroma_format = bits.golomb()
    is_separate = chroma_format == yuv444 and bits.take(1) == 1
    bits.golomb()  # bit_depth_luma_minus8
    bits.golomb()  # bit_depth_chroma_minus8
    bits.take(1)  # qpprime_y_zero_transform_bypass_flag
    if bits.take(1):  # seq_scaling_matrix_present_flag
        for number in range(12 if chroma_format == yuv444 else 8):
            if bits.take(1):
                _skip_scaling_list(bits, 16 if number < 6 else 64)  # noqa: PLR2004  (six 4x4 lists come first)
    return chroma_format, is_separate


def _skip_scaling_list(bits: _Bits, size: int) -> None:
    last = following = 8
    for _ in range(size):
        if following:
            coded = bits.golomb()
            following = (last + (coded + 1) // 2 * (1 if coded % 2 else -1)) % 256
        last = following or last


def _skip_picture_order(bits: _Bits) -> None:
    kind = bits.golomb()  # pic_order_cnt_type
    if kind == 0:
        bits.golomb()  # log2_max_pic_order_cnt_lsb_minus4
    elif kind == 1:
        bits.take(1)  # delta_pic_order_always_zero_flag
        bits.golomb()  # offset_for_non_ref_pic
        bits.golomb()  # offset_for_top_to_bottom_field
        for _ in range(bits.golomb()):  # num_ref_frames_in_pic_order_cnt_cycle
            bits.golomb()
