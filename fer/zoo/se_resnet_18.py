"""`se-resnet-18`: 11,357,111 parameters, 1,096 million multiply-adds a face: for a GPU."""

from functools import partial

from fer.images import InputSpec
from fer.zoo.architecture import Architecture, LayerRow
from fer.zoo.se_resnet import RECIPES, build

ARCHITECTURE = Architecture(
    name="se-resnet-18",
    title="Residual network with squeeze and excitation, 18 layers, wide",
    source="ours, to teach the small ones; the layers of ResNet-18 (He et al. 2016) at a face's "
    "resolution, with Hu et al. 2018",
    parameters=11_357_111,
    input=InputSpec(normalisation="standard"),
    layers=(
        LayerRow("Input, cropped by 2 on each side", (44, 44, 1), 0),
        LayerRow("Conv 3x3, BN, ReLU", (44, 44, 64), 832),
        LayerRow("SE residual block", (44, 44, 64), 75_336),
        LayerRow("SE residual block", (44, 44, 64), 75_336),
        LayerRow("SE residual block / 2", (22, 22, 128), 235_152),
        LayerRow("SE residual block", (22, 22, 128), 300_176),
        LayerRow("SE residual block / 2", (11, 11, 256), 937_248),
        LayerRow("SE residual block", (11, 11, 256), 1_198_368),
        LayerRow("SE residual block / 2", (6, 6, 512), 3_742_272),
        LayerRow("SE residual block", (6, 6, 512), 4_788_800),
        LayerRow("Global average, dropout 0.25", (512,), 0),
        LayerRow("Dense, softmax", (7,), 3_591),
    ),
    recipes=RECIPES,
    default_recipe="best",
    builder=partial(
        build,
        stem=64,
        widths=(64, 128, 256, 512),
        blocks=(2, 2, 2, 2),
        cropped_px=2,
        name="se-resnet-18",
    ),
)
