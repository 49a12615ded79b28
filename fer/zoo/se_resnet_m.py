"""`se-resnet-m`: 2,737,874 parameters, 143 million multiply-adds a face."""

from functools import partial

from fer.images import InputSpec
from fer.zoo.architecture import Architecture, LayerRow
from fer.zoo.se_resnet import RECIPES, build

ARCHITECTURE = Architecture(
    name="se-resnet-m",
    title="Residual network with squeeze and excitation, medium",
    source="ours; He et al. 2016 and Hu et al. 2018",
    parameters=2_737_874,
    input=InputSpec(normalisation="standard"),
    layers=(
        LayerRow("Input, cropped by 4 on each side", (40, 40, 1), 0),
        LayerRow("Conv 3x3, BN, ReLU", (40, 40, 24), 312),
        LayerRow("SE residual block", (40, 40, 24), 10_731),
        LayerRow("SE residual block / 2", (20, 20, 64), 54_088),
        LayerRow("SE residual block / 2", (10, 10, 128), 235_152),
        LayerRow("SE residual block", (10, 10, 128), 300_176),
        LayerRow("SE residual block / 2", (5, 5, 256), 937_248),
        LayerRow("SE residual block", (5, 5, 256), 1_198_368),
        LayerRow("Global average, dropout 0.25", (256,), 0),
        LayerRow("Dense, softmax", (7,), 1_799),
    ),
    recipes=RECIPES,
    default_recipe="best",
    builder=partial(
        build,
        stem=24,
        widths=(24, 64, 128, 256),
        blocks=(1, 1, 2, 2),
        cropped_px=4,
        name="se-resnet-m",
    ),
)
