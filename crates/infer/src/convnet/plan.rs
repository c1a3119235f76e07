use std::collections::HashMap;

use super::aligned::Aligned;
use super::buffers;
use super::graph::{Graph, Node};
use super::kernels::Activation;
use super::picture::Picture;
use super::steps::{Step, StepKind, Window};
use super::weights::{Weights, blends};

/// The steps of a network in order. Picture 0 is the input.
pub(super) struct Plan {
    pub pictures: Vec<Picture>,
    pub steps: Vec<Step>,
    pub outputs: Vec<Output>,
    /// How many values each buffer of a run holds.
    pub buffers: Vec<usize>,
}

/// Pictures whose values make up an output, one after the other, after values that never change.
pub(super) struct Output {
    pub constant: Vec<f32>,
    pub parts: Vec<usize>,
    pub shape: Vec<usize>,
    /// How many steps it takes until all parts are there.
    pub after: usize,
}

/// What a name of the graph stands for.
#[derive(Clone)]
pub(super) enum Value {
    Picture(usize),
    /// A picture with zeros for channels to add, as the residual of a wider picture.
    WithMoreChannels {
        picture: usize,
        channels: usize,
    },
    /// A picture in the order of its memory.
    PixelByPixel(usize),
    Flat {
        parts: Vec<usize>,
        shape: Vec<usize>,
    },
}

/// Builds the plan operator by operator. A step is held back in `pending` under the name of its
/// result until something reads it: meanwhile a sum, an activation or a pointwise convolution
/// that is its only reader joins it.
pub(super) struct Planner<'a> {
    pub graph: &'a Graph,
    lanes: usize,
    pub pictures: Vec<Picture>,
    steps: Vec<Step>,
    pub values: HashMap<String, Value>,
    pending: HashMap<String, Step>,
}

impl Plan {
    pub(super) fn new(graph: &Graph, outputs: &[String], lanes: usize) -> Result<Self, String> {
        let mut planner = Planner::new(graph, lanes)?;
        for node in &graph.nodes {
            planner.node(node)?;
        }
        let mut outputs: Vec<Output> = outputs
            .iter()
            .map(|name| planner.output(name))
            .collect::<Result<_, _>>()?;
        let (mut pictures, mut steps) = (planner.pictures, planner.steps);
        for step in &mut steps {
            step.settle(&pictures)?;
        }
        for output in &mut outputs {
            let made = |part| steps.iter().position(|step| step.target == part);
            let after = |&part| made(part).map_or(0, |number| number + 1);
            output.after = output.parts.iter().map(after).max().unwrap_or(0);
        }
        let buffers = buffers::assign(&mut pictures, &steps, &outputs);
        Ok(Self {
            pictures,
            steps,
            outputs,
            buffers,
        })
    }
}

impl<'a> Planner<'a> {
    fn new(graph: &'a Graph, lanes: usize) -> Result<Self, String> {
        let [batch, channels, height, width] = graph.input_shape;
        if batch != 1 || channels * height * width == 0 {
            return Err(format!(
                "the input shape {:?} is not supported",
                graph.input_shape
            ));
        }
        Ok(Self {
            graph,
            lanes,
            // The input is not padded to vectors: a window's row is then one piece of memory.
            pictures: vec![Picture::new(height, width, channels, 1)],
            steps: Vec::new(),
            values: HashMap::from([(graph.input.clone(), Value::Picture(0))]),
            pending: HashMap::new(),
        })
    }

    fn node(&mut self, node: &Node) -> Result<(), String> {
        match node.kind.as_str() {
            "Conv" => self.convolution(node),
            "Relu" => self.activation(node, |_| Ok(Activation::Clip(f32::INFINITY))),
            "Clip" => {
                let [low, high] = [1, 2].map(|index| self.graph.f32s(node.input(index)?));
                let (&[0.0], &[high]) = (low?.1, high?.1) else {
                    return Err("only clipping from 0 is supported".to_owned());
                };
                self.activation(node, |_| Ok(Activation::Clip(high)))
            }
            "PRelu" => {
                let (shape, slopes) = self.graph.f32s(node.input(1)?)?;
                if !matches!(shape, [_, 1, 1]) {
                    return Err(format!("PRelu slopes of shape {shape:?} are not supported"));
                }
                self.activation(node, |picture| {
                    // What pads a pixel to whole vectors is 0, and so stays 0.
                    let mut padded = Aligned::zeros(picture.stride);
                    let slopes = slopes.get(..picture.channels).ok_or("PRelu lacks slopes")?;
                    padded[..picture.channels].copy_from_slice(slopes);
                    Ok(Activation::Slopes(padded))
                })
            }
            "Add" => self.sum(node),
            "MaxPool" => self.max_pool(node),
            "AveragePool" => self.average_pool(node),
            "Pad" => self.pad(node),
            "Resize" => self.resize(node),
            "DepthToSpace" => self.depth_to_space(node),
            "Transpose" => self.transpose(node),
            "Reshape" => self.reshape(node),
            "Concat" => self.concat(node),
            kind => Err(format!("the operator {kind} is not supported")),
        }
    }

    /// The picture called `name`; a step held back for it joins the plan.
    pub(super) fn picture(&mut self, name: &str) -> Result<usize, String> {
        if let Some(step) = self.pending.remove(name) {
            self.values
                .insert(name.to_owned(), Value::Picture(step.target));
            self.steps.push(step);
        }
        match self.values.get(name) {
            Some(Value::Picture(picture)) => Ok(*picture),
            _ => Err(format!("{name} is not a picture")),
        }
    }

    /// The input, which is not padded to vectors, can only be convolved.
    fn check_vectors(&self, picture: usize) -> Result<(), String> {
        match self.pictures[picture].stride % self.lanes {
            0 => Ok(()),
            _ => Err("the input must go through a convolution first".to_owned()),
        }
    }

    /// The held-back step that makes `name`, if it suits and nothing but the caller reads it.
    fn take_pending(&mut self, name: &str, suits: fn(&Step) -> bool) -> Option<Step> {
        let step = self.pending.get(name)?;
        if suits(step) && self.graph.uses(name) == 1 {
            self.pending.remove(name)
        } else {
            None
        }
    }

    fn new_picture(&mut self, [height, width, channels]: [usize; 3]) -> usize {
        self.pictures
            .push(Picture::new(height, width, channels, self.lanes));
        self.pictures.len() - 1
    }

    fn hold_back(&mut self, node: &Node, step: Step) {
        self.pending.insert(node.output.clone(), step);
    }

    /// A new step from `source` to a picture of the given shape, without activation.
    fn step(&mut self, source: usize, shape: [usize; 3], kind: StepKind) -> Step {
        let target = self.new_picture(shape);
        Step {
            source,
            residual: None,
            target,
            pads: [0; 4],
            activation: Activation::Identity,
            kind,
        }
    }

    /// Height and width of what `window` makes of a picture; its border grows as needed.
    fn windowed(
        &mut self,
        source: usize,
        window: Window,
        pads: [usize; 4],
    ) -> Result<[usize; 2], String> {
        let picture = &mut self.pictures[source];
        let [top, left, bottom, right] = pads;
        let sizes = [picture.height + top + bottom, picture.width + left + right];
        let mut result = [0; 2];
        for axis in 0..2 {
            let (size, stride) = (window.size[axis], window.strides[axis]);
            if size == 0 || stride == 0 || size > sizes[axis] {
                return Err(format!(
                    "a window of {size} by {stride} does not fit {}",
                    sizes[axis]
                ));
            }
            result[axis] = (sizes[axis] - size) / stride + 1;
        }
        picture.widen_border(pads);
        Ok(result)
    }

    fn convolution(&mut self, node: &Node) -> Result<(), String> {
        let graph = self.graph;
        let (shape, weights) = graph.f32s(node.input(1)?)?;
        let &[outputs, inputs, height, width] = shape else {
            return Err(format!("a kernel of shape {shape:?} is not supported"));
        };
        let window = Window {
            size: [height, width],
            strides: node.lengths("strides", 1)?,
        };
        let pads = node.lengths("pads", 0)?;
        if node.lengths("dilations", 1)? != [1, 1]
            || node.text("auto_pad").is_some_and(|pad| pad != "NOTSET")
        {
            return Err("dilation and automatic padding are not supported".to_owned());
        }
        let bias = match node.inputs.get(2) {
            Some(name) => graph.f32s(name)?.1.to_vec(),
            None => vec![0.0; outputs],
        };
        if bias.len() != outputs {
            return Err(format!("{} biases for {outputs} channels", bias.len()));
        }
        let weights = Weights {
            outputs,
            inputs,
            window,
            values: weights,
            bias,
        };
        let groups = node.int("group").unwrap_or(1);
        let pointwise = height * width == 1 && window.strides == [1, 1] && pads == [0; 4];
        if groups == 1
            && pointwise
            && let Some(step) = self.take_pending(node.input(0)?, is_plain_depthwise)
        {
            let joined = self.pointwise_after(step, weights)?;
            self.hold_back(node, joined);
            return Ok(());
        }
        let source = self.picture(node.input(0)?)?;
        let channels = self.pictures[source].channels;
        let kind = if groups == 1 && inputs == channels {
            weights.dense(None, self.lanes)
        } else if groups == channels as i64 && inputs == 1 && outputs == channels {
            self.check_vectors(source)?;
            StepKind::Depthwise(weights.depthwise(self.lanes))
        } else {
            return Err(format!(
                "{groups} groups over {channels} channels are not supported"
            ));
        };
        let [rows, columns] = self.windowed(source, window, pads)?;
        let step = self.step(source, [rows, columns, outputs], kind);
        self.hold_back(node, Step { pads, ..step });
        Ok(())
    }

    /// `step` is a depthwise convolution; its own picture is never made.
    fn pointwise_after(&mut self, step: Step, weights: Weights) -> Result<Step, String> {
        let between = &self.pictures[step.target];
        if weights.inputs != between.channels {
            return Err(format!(
                "{} inputs for {} channels",
                weights.inputs, between.channels
            ));
        }
        let shape = [between.height, between.width, weights.outputs];
        self.pictures[step.target] = Picture::new(shape[0], shape[1], shape[2], self.lanes);
        let depthwise = match step.kind {
            StepKind::Depthwise(depthwise) => Some(depthwise),
            _ => None,
        };
        Ok(Step {
            kind: weights.dense(depthwise, self.lanes),
            ..step
        })
    }

    fn activation(
        &mut self,
        node: &Node,
        activation: impl FnOnce(&Picture) -> Result<Activation, String>,
    ) -> Result<(), String> {
        let name = node.input(0)?;
        let mut step = match self.take_pending(name, has_no_activation) {
            Some(step) => step,
            None => self.copy(name)?,
        };
        step.activation = activation(&self.pictures[step.target])?;
        self.hold_back(node, step);
        Ok(())
    }

    fn copy(&mut self, name: &str) -> Result<Step, String> {
        let source = self.picture(name)?;
        self.check_vectors(source)?;
        let Picture {
            height,
            width,
            channels,
            ..
        } = self.pictures[source];
        Ok(self.step(source, [height, width, channels], StepKind::Copy))
    }

    fn sum(&mut self, node: &Node) -> Result<(), String> {
        let names = [node.input(0)?, node.input(1)?];
        let (step, residual) = match self.take_pending(names[1], takes_a_sum) {
            Some(step) => (Some(step), names[0]),
            None => (self.take_pending(names[0], takes_a_sum), names[1]),
        };
        let mut step = match step {
            Some(step) => step,
            None => self.copy(names[0])?,
        };
        let (residual, channels) = match self.values.get(residual) {
            Some(&Value::WithMoreChannels { picture, channels }) => (picture, channels),
            _ => {
                let picture = self.picture(residual)?;
                (picture, self.pictures[picture].channels)
            }
        };
        self.check_vectors(residual)?;
        let (added, target) = (&self.pictures[residual], &self.pictures[step.target]);
        if [added.height, added.width, channels] != [target.height, target.width, target.channels] {
            return Err(format!("{} adds pictures of two shapes", node.output));
        }
        step.residual = Some(residual);
        self.hold_back(node, step);
        Ok(())
    }

    fn max_pool(&mut self, node: &Node) -> Result<(), String> {
        let window = Window {
            size: node.lengths("kernel_shape", 1)?,
            strides: node.lengths("strides", 1)?,
        };
        // A border of zeros is not what a padded maximum sees.
        if node.lengths("pads", 0)? != [0; 4] || node.int("ceil_mode").unwrap_or(0) != 0 {
            return Err("padded maximum pooling is not supported".to_owned());
        }
        let source = self.picture(node.input(0)?)?;
        self.check_vectors(source)?;
        let [rows, columns] = self.windowed(source, window, [0; 4])?;
        let channels = self.pictures[source].channels;
        let step = self.step(source, [rows, columns, channels], StepKind::MaxPool(window));
        self.hold_back(node, step);
        Ok(())
    }

    /// A depthwise convolution whose weights are all the same.
    fn average_pool(&mut self, node: &Node) -> Result<(), String> {
        let window = Window {
            size: node.lengths("kernel_shape", 1)?,
            strides: node.lengths("strides", 1)?,
        };
        if node.lengths("pads", 0)? != [0; 4] || node.int("ceil_mode").unwrap_or(0) != 0 {
            return Err("padded average pooling is not supported".to_owned());
        }
        let source = self.picture(node.input(0)?)?;
        self.check_vectors(source)?;
        let [rows, columns] = self.windowed(source, window, [0; 4])?;
        let channels = self.pictures[source].channels;
        let area = window.size[0] * window.size[1];
        let weights = Weights {
            outputs: channels,
            inputs: 1,
            window,
            values: &vec![1.0 / area as f32; channels * area],
            bias: vec![0.0; channels],
        };
        let kind = StepKind::Depthwise(weights.depthwise(self.lanes));
        let step = self.step(source, [rows, columns, channels], kind);
        self.hold_back(node, step);
        Ok(())
    }

    /// Zeros behind the last channel, or below and to the right of the picture.
    fn pad(&mut self, node: &Node) -> Result<(), String> {
        if node.text("mode").is_some_and(|mode| mode != "constant") || node.inputs.len() > 2 {
            return Err("only padding with zeros is supported".to_owned());
        }
        let source = self.picture(node.input(0)?)?;
        let pads: Option<Vec<usize>> = self
            .graph
            .i64s(node.input(1)?)?
            .iter()
            .map(|&pad| pad.try_into().ok())
            .collect();
        let pads = pads.ok_or("negative padding is not supported")?;
        let Picture {
            height,
            width,
            channels,
            ..
        } = self.pictures[source];
        match *pads.as_slice() {
            [0, 0, 0, 0, 0, more, 0, 0] => {
                let padded = Value::WithMoreChannels {
                    picture: source,
                    channels: channels + more,
                };
                self.values.insert(node.output.clone(), padded);
            }
            [0, 0, 0, 0, 0, 0, below, right] => {
                self.check_vectors(source)?;
                self.pictures[source].widen_border([0, 0, below, right]);
                let shape = [height + below, width + right, channels];
                let step = self.step(source, shape, StepKind::Copy);
                self.hold_back(node, step);
            }
            _ => return Err(format!("padding by {pads:?} is not supported")),
        }
        Ok(())
    }

    fn resize(&mut self, node: &Node) -> Result<(), String> {
        let source = self.picture(node.input(0)?)?;
        self.check_vectors(source)?;
        let mode = (
            node.text("mode"),
            node.text("coordinate_transformation_mode"),
        );
        let (_, scales) = self.graph.f32s(node.input(2)?)?;
        let (&[1.0, 1.0, vertical, horizontal], (Some("linear"), Some("half_pixel"))) =
            (scales, mode)
        else {
            return Err("only bilinear resizing by half pixels is supported".to_owned());
        };
        let Picture {
            height,
            width,
            channels,
            ..
        } = self.pictures[source];
        let (rows, columns) = (blends(height, vertical), blends(width, horizontal));
        let shape = [rows.len(), columns.len(), channels];
        let step = self.step(source, shape, StepKind::Resize { rows, columns });
        self.steps_for(node, step);
        Ok(())
    }

    fn depth_to_space(&mut self, node: &Node) -> Result<(), String> {
        let source = self.picture(node.input(0)?)?;
        let block = usize::try_from(node.int("blocksize").unwrap_or(0)).unwrap_or(0);
        let Picture {
            height,
            width,
            channels,
            ..
        } = self.pictures[source];
        if block == 0 || channels % (block * block) != 0 || node.text("mode") == Some("CRD") {
            return Err(format!(
                "blocks of {block} over {channels} channels are not supported"
            ));
        }
        let shape = [height * block, width * block, channels / (block * block)];
        let step = self.step(source, shape, StepKind::DepthToSpace { block });
        self.steps_for(node, step);
        Ok(())
    }

    /// Adds a step that nothing can join.
    fn steps_for(&mut self, node: &Node, step: Step) {
        self.values
            .insert(node.output.clone(), Value::Picture(step.target));
        self.steps.push(step);
    }
}

fn has_no_activation(step: &Step) -> bool {
    let finishes = !matches!(step.kind, StepKind::MaxPool(_));
    finishes && matches!(step.activation, Activation::Identity)
}

fn takes_a_sum(step: &Step) -> bool {
    step.residual.is_none()
        && has_no_activation(step)
        && matches!(
            step.kind,
            StepKind::Dense(_) | StepKind::Depthwise(_) | StepKind::Copy
        )
}

fn is_plain_depthwise(step: &Step) -> bool {
    takes_a_sum(step) && matches!(step.kind, StepKind::Depthwise(_))
}
