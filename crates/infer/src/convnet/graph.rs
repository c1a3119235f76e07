use std::collections::HashMap;

use rten_onnx::onnx::{
    AttributeProto, DataType, ModelProto, NodeProto, TensorProto, ValueInfoProto,
};

/// An ONNX graph as far as this runtime can read it. A constant of 16-bit floats that a Cast widens stands
/// there as f32, under the name of the Cast's output.
pub(super) struct Graph {
    pub input: String,
    pub input_shape: [usize; 4],
    pub nodes: Vec<Node>,
    pub outputs: Vec<String>,
    constants: HashMap<String, Constant>,
}

/// One operator with its single output.
pub(super) struct Node {
    pub kind: String,
    pub inputs: Vec<String>,
    pub output: String,
    attributes: Vec<AttributeProto>,
}

/// A constant tensor: f32, or integers (shapes, padding).
pub(super) struct Constant {
    pub shape: Vec<usize>,
    pub values: Values,
}

pub(super) enum Values {
    F32(Vec<f32>),
    I64(Vec<i64>),
}

impl Graph {
    pub(super) fn parse(onnx: &[u8]) -> Result<Self, String> {
        let model = ModelProto::parse_buf(onnx).map_err(|error| error.to_string())?;
        let graph = model.graph.ok_or("the file holds no graph")?;
        let [input] = graph.input.as_slice() else {
            return Err(format!("it has {} inputs, expected 1", graph.input.len()));
        };
        let input_shape = fixed_shape(input).ok_or("its input has no fixed shape of four axes")?;
        let mut constants: HashMap<_, _> = graph
            .initializer
            .iter()
            .map(named_constant)
            .collect::<Result<_, _>>()?;
        let mut nodes = Vec::with_capacity(graph.node.len());
        for node in graph.node {
            let node = Node::new(node)?;
            match node
                .widened_constant()
                .and_then(|name| constants.remove(name))
            {
                Some(constant) => _ = constants.insert(node.output, constant),
                None => nodes.push(node),
            }
        }
        Ok(Self {
            input: input.name.clone().unwrap_or_default(),
            input_shape,
            nodes,
            outputs: graph
                .output
                .into_iter()
                .filter_map(|output| output.name)
                .collect(),
            constants,
        })
    }

    pub(super) fn constant(&self, name: &str) -> Result<&Constant, String> {
        self.constants
            .get(name)
            .ok_or_else(|| format!("{name} is not a constant"))
    }

    pub(super) fn f32s(&self, name: &str) -> Result<(&[usize], &[f32]), String> {
        let constant = self.constant(name)?;
        match &constant.values {
            Values::F32(values) => Ok((&constant.shape, values)),
            Values::I64(_) => Err(format!("the constant {name} is not f32")),
        }
    }

    pub(super) fn i64s(&self, name: &str) -> Result<&[i64], String> {
        match &self.constant(name)?.values {
            Values::I64(values) => Ok(values),
            Values::F32(_) => Err(format!("the constant {name} is not i64")),
        }
    }

    /// How many operators and outputs read `name`.
    pub(super) fn uses(&self, name: &str) -> usize {
        let inputs = self.nodes.iter().flat_map(|node| &node.inputs);
        inputs
            .chain(&self.outputs)
            .filter(|used| *used == name)
            .count()
    }
}

impl Node {
    fn new(node: NodeProto) -> Result<Self, String> {
        let kind = node.op_type.unwrap_or_default();
        let [output] = node.output.as_slice() else {
            return Err(format!(
                "{kind} has {} outputs, expected 1",
                node.output.len()
            ));
        };
        Ok(Self {
            kind,
            inputs: node.input,
            output: output.clone(),
            attributes: node.attribute,
        })
    }

    pub(super) fn input(&self, index: usize) -> Result<&str, String> {
        let input = self.inputs.get(index).map(String::as_str);
        input.ok_or_else(|| format!("{} lacks its input {index}", self.kind))
    }

    /// The input of a Cast to f32.
    fn widened_constant(&self) -> Option<&str> {
        let widens = self.kind == "Cast" && self.int("to") == Some(i64::from(DataType::FLOAT.0));
        self.inputs.first().map(String::as_str).filter(|_| widens)
    }

    fn attribute(&self, name: &str) -> Option<&AttributeProto> {
        self.attributes
            .iter()
            .find(|attribute| attribute.name.as_deref() == Some(name))
    }

    pub(super) fn int(&self, name: &str) -> Option<i64> {
        self.attribute(name)?.i
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.attribute(name)?.s.as_deref()
    }

    /// `N` lengths, each `default` when the attribute is absent.
    pub(super) fn lengths<const N: usize>(
        &self,
        name: &str,
        default: usize,
    ) -> Result<[usize; N], String> {
        let Some(attribute) = self.attribute(name) else {
            return Ok([default; N]);
        };
        let lengths: Option<Vec<usize>> = attribute
            .ints
            .iter()
            .map(|&length| length.try_into().ok())
            .collect();
        let lengths = lengths.and_then(|lengths| lengths.try_into().ok());
        lengths.ok_or_else(|| format!("{name} of {} is not {N} lengths", self.kind))
    }
}

fn fixed_shape(input: &ValueInfoProto) -> Option<[usize; 4]> {
    let shape = input
        .r#type
        .as_ref()?
        .tensor_type
        .as_ref()?
        .shape
        .as_ref()?;
    let lengths: Option<Vec<usize>> = shape
        .dim
        .iter()
        .map(|dimension| dimension.dim_value?.try_into().ok())
        .collect();
    lengths?.try_into().ok()
}

fn named_constant(tensor: &TensorProto) -> Result<(String, Constant), String> {
    let name = tensor.name.clone().unwrap_or_default();
    let raw = tensor
        .raw_data
        .as_ref()
        .map(|raw| raw.borrow().clone())
        .unwrap_or_default();
    let values = match tensor.data_type {
        Some(DataType::FLOAT) => Values::F32(if raw.is_empty() {
            tensor.float_data.clone()
        } else {
            raw.as_chunks()
                .0
                .iter()
                .map(|&bytes| f32::from_le_bytes(bytes))
                .collect()
        }),
        // Narrow constants are always raw; who reads one without a Cast gets f32 as well.
        Some(DataType::FLOAT16) => Values::F32(
            raw.as_chunks()
                .0
                .iter()
                .map(|&bytes| widened(u16::from_le_bytes(bytes)))
                .collect(),
        ),
        Some(DataType::INT64) => Values::I64(if raw.is_empty() {
            tensor.int64_data.clone()
        } else {
            raw.as_chunks()
                .0
                .iter()
                .map(|&bytes| i64::from_le_bytes(bytes))
                .collect()
        }),
        _ => return Err(format!("the constant {name} is neither f32, f16 nor i64")),
    };
    let shape: Option<Vec<usize>> = tensor
        .dims
        .iter()
        .map(|&length| length.try_into().ok())
        .collect();
    let shape = shape.ok_or_else(|| format!("the constant {name} has a negative length"))?;
    let length = match &values {
        Values::F32(values) => values.len(),
        Values::I64(values) => values.len(),
    };
    if shape.iter().product::<usize>() != length {
        return Err(format!(
            "the constant {name} has {length} values, its shape says otherwise"
        ));
    }
    Ok((name, Constant { shape, values }))
}

/// A 16-bit float of IEEE 754 as the 32-bit one of the same value.
fn widened(half: u16) -> f32 {
    let sign = u32::from(half >> 15) << 31;
    let (exponent, fraction) = (u32::from(half >> 10) & 0x1f, u32::from(half) & 0x3ff);
    let magnitude = match exponent {
        // Subnormal: the fraction counts steps of 2^-24.
        0 => (fraction as f32 * f32::from_bits((127 - 24) << 23)).to_bits(),
        0x1f => 0xff << 23 | fraction << 13,
        _ => (exponent + 127 - 15) << 23 | fraction << 13,
    };
    f32::from_bits(sign | magnitude)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_floats_keep_their_values() {
        let values = [
            (0x0000, 0.0),
            (0x8000, -0.0),
            (0x3c00, 1.0),
            (0xc000, -2.0),
            (0x3555, 0.333_251_95),
            (0x7bff, 65504.0),
            (0x0400, 6.103_515_6e-5),
            (0x03ff, 6.097_555e-5),
            (0x0001, 5.960_464_5e-8),
            (0x7c00, f32::INFINITY),
            (0xfc00, f32::NEG_INFINITY),
        ];
        for (half, value) in values {
            assert_eq!(widened(half).to_bits(), f32::to_bits(value), "{half:04x}");
        }
        assert!(widened(0x7e01).is_nan());
    }
}
