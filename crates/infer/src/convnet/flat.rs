//! Outputs: pictures read pixel by pixel and put one after the other, or constants.

use super::graph::Node;
use super::picture::Picture;
use super::plan::{Output, Planner, Value};

impl Planner<'_> {
    pub(super) fn transpose(&mut self, node: &Node) -> Result<(), String> {
        let picture = self.picture(node.input(0)?)?;
        if node.lengths("perm", 0)? != [0, 2, 3, 1] {
            return Err("only a transpose to NHWC is supported".to_owned());
        }
        self.values
            .insert(node.output.clone(), Value::PixelByPixel(picture));
        Ok(())
    }

    pub(super) fn reshape(&mut self, node: &Node) -> Result<(), String> {
        let name = node.input(0)?;
        let picture = match self.values.get(name) {
            Some(&Value::PixelByPixel(picture)) => picture,
            _ => {
                let picture = self.picture(name)?;
                let Picture {
                    height,
                    width,
                    channels,
                    ..
                } = self.pictures[picture];
                if height * width != 1 && channels != 1 {
                    return Err("a reshape from NCHW is not supported".to_owned());
                }
                picture
            }
        };
        let shape = self.graph.i64s(node.input(1)?)?;
        let shape: Option<Vec<usize>> = shape.iter().map(|&n| n.try_into().ok()).collect();
        let Picture {
            height,
            width,
            channels,
            ..
        } = self.pictures[picture];
        let shape = shape
            .filter(|shape| shape.iter().product::<usize>() == height * width * channels)
            .ok_or("a reshape does not keep the number of values")?;
        let flat = Value::Flat {
            parts: vec![picture],
            shape,
        };
        self.values.insert(node.output.clone(), flat);
        Ok(())
    }

    /// Along the middle axis of flat values of shape [1, length, width].
    pub(super) fn concat(&mut self, node: &Node) -> Result<(), String> {
        let (mut all, mut total, mut width) = (Vec::new(), 0, None);
        for name in &node.inputs {
            let Some(Value::Flat { parts, shape }) = self.values.get(name) else {
                return Err(format!("{name} is a picture, which cannot be concatenated"));
            };
            match *shape.as_slice() {
                [1, length, own] if *width.get_or_insert(own) == own => total += length,
                _ => {
                    return Err(format!(
                        "a concatenation of shape {shape:?} is not supported"
                    ));
                }
            }
            all.extend(parts);
        }
        if node.int("axis") != Some(1) {
            return Err("only axis 1 can be concatenated".to_owned());
        }
        let shape = vec![1, total, width.unwrap_or(0)];
        self.values
            .insert(node.output.clone(), Value::Flat { parts: all, shape });
        Ok(())
    }

    pub(super) fn output(&mut self, name: &str) -> Result<Output, String> {
        match self.values.get(name) {
            Some(Value::Flat { parts, shape }) => Ok(Output {
                constant: Vec::new(),
                parts: parts.clone(),
                shape: shape.clone(),
                after: 0,
            }),
            Some(_) => Err(format!("the output {name} is not flat")),
            None => {
                let (shape, values) = self.graph.f32s(name)?;
                Ok(Output {
                    constant: values.to_vec(),
                    parts: Vec::new(),
                    shape: shape.to_vec(),
                    after: 0,
                })
            }
        }
    }
}
