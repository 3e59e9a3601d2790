"""LeNet-5 (LeCun, Bottou, Bengio and Haffner, Proceedings of the IEEE 1998, doi 10.1109/5.726791).

Two 5-wide convolutions, each followed by tanh and average pooling, a third one of 120 maps (C5), a
dense layer of 84 units (F6) and the output: 61,706 parameters for 32 x 32 x 1 and 10 classes.

The paper counts 60,000 trained parameters and 840 fixed ones, 60,840 in all. Three differences
make 866 more here: its C3 layer joins 60 of the 96 pairs of maps by a table, this one all (+900);
its pooling layers have a trained factor and offset per map, these have none (-44); its outputs are
distances to fixed 84-wide codes, these are dense, with a bias (+10). Its tanh is also stretched,
1.7159 tanh(2a / 3).
"""

from torch import Tensor, nn

from seqcnn.models.ops import ops, require_size, scaled


class LeNet(nn.Module):
    """LeNet-5 on `(N, in_channels, *size)` of 32 or more positions -> `(N, out)`.

    C5 leaves one position of an input of 32; of a larger one it leaves several, which are averaged.
    `width` scales the maps of every hidden layer.
    """

    head = "fc2"

    def __init__(self, dim: int, in_channels: int, out: int, *, width: float = 1.0) -> None:
        super().__init__()
        op = ops(dim)
        maps1, maps2, maps3, hidden = (scaled(maps, width) for maps in (6, 16, 120, 84))
        self.smallest = 32
        self.conv1 = op.Conv(in_channels, maps1, 5)
        self.conv2 = op.Conv(maps1, maps2, 5)
        self.conv3 = op.Conv(maps2, maps3, 5)
        self.tanh = nn.Tanh()
        self.avgpool = op.AvgPool(2)
        self.fc1 = nn.Linear(maps3, hidden)
        self.fc2 = nn.Linear(hidden, out)
        for layer in (self.conv1, self.conv2, self.conv3, self.fc1):
            nn.init.xavier_uniform_(layer.weight, gain=nn.init.calculate_gain("tanh"))

    def forward_features(self, x: Tensor) -> Tensor:
        require_size(x, self.smallest, "lenet5")
        x = self.avgpool(self.tanh(self.conv1(x)))
        x = self.avgpool(self.tanh(self.conv2(x)))
        features: Tensor = self.tanh(self.conv3(x))
        return features

    def forward(self, x: Tensor) -> Tensor:
        averaged = self.forward_features(x).flatten(2).mean(2)
        logits: Tensor = self.fc2(self.tanh(self.fc1(averaged)))
        return logits
