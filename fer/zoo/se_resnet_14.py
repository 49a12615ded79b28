"""`se-resnet-14`: 1,585,563 parameters, 116 million multiply-adds a face.

A network for processors: no residual block works at the full resolution, where a few channels
over many pixels cost far more time than their multiply-adds say. What that saves goes
into a wider view of the face and more blocks below.
"""

from functools import partial

from fer.images import InputSpec
from fer.zoo.architecture import Architecture, LayerRow
from fer.zoo.se_resnet import RECIPES, build

ARCHITECTURE = Architecture(
    name="se-resnet-14",
    title="Residual network with squeeze and excitation, 14 layers",
    source="ours; He et al. 2016 and Hu et al. 2018",
    parameters=1_585_563,
    input=InputSpec(normalisation="standard"),
    layers=(
        LayerRow("Input, cropped by 2 on each side", (44, 44, 1), 0),
        LayerRow("Conv 3x3, BN, ReLU", (44, 44, 32), 416),
        LayerRow("SE residual block / 2", (22, 22, 48), 37_302),
        LayerRow("SE residual block", (22, 22, 48), 42_486),
        LayerRow("SE residual block / 2", (11, 11, 96), 132_588),
        LayerRow("SE residual block", (11, 11, 96), 169_068),
        LayerRow("SE residual block / 2", (6, 6, 192), 527_832),
        LayerRow("SE residual block", (6, 6, 192), 674_520),
        LayerRow("Global average, dropout 0.25", (192,), 0),
        LayerRow("Dense, softmax", (7,), 1_351),
    ),
    recipes=RECIPES,
    default_recipe="best",
    builder=partial(
        build,
        stem=32,
        widths=(48, 96, 192),
        blocks=(2, 2, 2),
        cropped_px=2,
        name="se-resnet-14",
    ),
)
