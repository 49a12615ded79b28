"""`se-resnet-14-wide`: 6,323,759 parameters, 464 million multiply-adds a face: for a GPU."""

from functools import partial

from fer.images import InputSpec
from fer.zoo.architecture import Architecture, LayerRow
from fer.zoo.se_resnet import RECIPES, build

ARCHITECTURE = Architecture(
    name="se-resnet-14-wide",
    title="Residual network with squeeze and excitation, 14 layers, twice as wide",
    source="ours, to teach the small ones; He et al. 2016 and Hu et al. 2018",
    parameters=6_323_759,
    input=InputSpec(normalisation="standard"),
    layers=(
        LayerRow("Input, cropped by 2 on each side", (44, 44, 1), 0),
        LayerRow("Conv 3x3, BN, ReLU", (44, 44, 64), 832),
        LayerRow("SE residual block / 2", (22, 22, 96), 147_948),
        LayerRow("SE residual block", (22, 22, 96), 169_068),
        LayerRow("SE residual block / 2", (11, 11, 192), 527_832),
        LayerRow("SE residual block", (11, 11, 192), 674_520),
        LayerRow("SE residual block / 2", (6, 6, 384), 2_106_288),
        LayerRow("SE residual block", (6, 6, 384), 2_694_576),
        LayerRow("Global average, dropout 0.25", (384,), 0),
        LayerRow("Dense, softmax", (7,), 2_695),
    ),
    recipes=RECIPES,
    default_recipe="best",
    builder=partial(
        build,
        stem=64,
        widths=(96, 192, 384),
        blocks=(2, 2, 2),
        cropped_px=2,
        name="se-resnet-14-wide",
    ),
)
