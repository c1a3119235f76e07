"""MiniFASNet (two crops, mean of both) on onnxruntime, behind MediaPipe's face detection."""

import cv2
import mediapipe as mp
import numpy as np
import onnxruntime

CROPS = ((2.7, "minifasnet_v2_2.7.onnx"), (4.0, "minifasnet_v1se_4.0.onnx"))  # face sides, file


class MiniFasNet:
    def __init__(self, folder):
        settings = onnxruntime.SessionOptions()
        settings.intra_op_num_threads = 1
        self.nets = [(scale, onnxruntime.InferenceSession(folder / name, settings, providers=["CPUExecutionProvider"]))
                     for scale, name in CROPS]
        self.faces = mp.solutions.face_detection.FaceDetection(min_detection_confidence=0.6)

    def check(self, picture):
        rgb = np.asarray(picture.convert("RGB"))
        height, width = rgb.shape[:2]
        found = self.faces.process(rgb).detections
        if not found:
            return None
        box = found[0].location_data.relative_bounding_box
        live = []
        for scale, net in self.nets:
            side = scale * max(box.width * width, box.height * height)
            w, h = min(side, width), min(side, height)
            x = min(max((box.xmin + box.width / 2) * width - w / 2, 0), width - w)
            y = min(max((box.ymin + box.height / 2) * height - h / 2, 0), height - h)
            crop = cv2.resize(rgb[int(y) : int(y + h), int(x) : int(x + w), ::-1], (80, 80))
            logits = net.run(None, {net.get_inputs()[0].name: crop.transpose(2, 0, 1)[None].astype(np.float32)})[0][0]
            odds = np.exp(logits - logits.max())
            live.append(float(odds[1] / odds.sum()))
        return sum(live) / 2, {}
