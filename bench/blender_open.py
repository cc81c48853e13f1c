"""A material in Blender 3.4, opened as its users do, and rendered by Cycles 3 x 3 tiles from above, lit as by `toroid material --render`.

  toroid material pebbles.png --for blender,gltf --width-cm 60 -o pebbles
  blender -b --factory-startup -P bench/blender_open.py -- pebbles/blender out/set 0.6
  blender -b --factory-startup -P bench/blender_open.py -- pebbles/gltf/pebbles.glb out/glb 0.6

The last is the tile's width in metres. A folder goes through Node Wrangler's own Ctrl-Shift-T. Prints which file became which input; writes
out/set.0.png (the sun on the right), .90 (at the top), .180 and .270.
"""

import math
import os
import sys

import bpy
import mathutils
import numpy

numpy.bool = bool  # the glTF importer of 3.4 wants it, and Debian's numpy has it no more

source, out, width = sys.argv[sys.argv.index("--") + 1 :][:3]
TILES, PIXELS, HEIGHT = 3, 384, math.radians(40)


def by_gltf(path):
    bpy.ops.import_scene.gltf(filepath=path)
    plane = next(o for o in bpy.data.objects if o.type == "MESH")
    turn = plane.data.polygons[0].normal.rotation_difference(mathutils.Vector((0, 0, 1)))
    plane.rotation_mode = "XYZ"
    plane.rotation_euler = turn.to_euler()
    return plane


def by_node_wrangler(folder):
    bpy.ops.preferences.addon_enable(module="node_wrangler")
    names = sorted(f for f in os.listdir(folder) if f.endswith((".png", ".exr")))
    first = bpy.data.images.load(os.path.join(folder, names[0]))
    wide = TILES * float(width)
    bpy.ops.mesh.primitive_plane_add(size=1)
    plane = bpy.context.object
    plane.scale = (wide, wide * first.size[1] / first.size[0], 1)
    bpy.ops.object.transform_apply(scale=True)
    for corner in plane.data.uv_layers.active.data:
        corner.uv = [TILES * c for c in corner.uv]
    material = bpy.data.materials.new("material")
    material.use_nodes = True
    plane.data.materials.append(material)
    nodes, links = material.node_tree.nodes, material.node_tree.links
    shader = nodes["Principled BSDF"]
    nodes.active = shader
    window = bpy.context.window_manager.windows[0]
    area = window.screen.areas[0]
    area.type = "NODE_EDITOR"
    area.ui_type = "ShaderNodeTree"
    area.spaces.active.pin = True
    area.spaces.active.node_tree = material.node_tree
    with bpy.context.temp_override(window=window, area=area):
        bpy.ops.node.nw_add_textures_for_principled(directory=folder + "/", files=[{"name": n} for n in names])
    # What it leaves to its user: occlusion is not linked, and heights are displaced by a metre.
    textures = {n.label: n for n in nodes if n.type == "TEX_IMAGE"}
    mix = nodes.new("ShaderNodeMixRGB")
    mix.blend_type = "MULTIPLY"
    mix.inputs[0].default_value = 1
    links.new(mix.inputs[1], textures["Base Color"].outputs[0])
    links.new(mix.inputs[2], textures["Ambient Occlusion"].outputs[0])
    links.new(shader.inputs["Base Color"], mix.outputs[0])
    for link in [l for l in links if l.to_socket.name == "Displacement"]:
        links.remove(link)
    return plane


def light(scene):
    """A flat white surface comes out white: three quarters of it by the sun, a quarter by the sky."""
    world = bpy.data.worlds.new("sky")
    scene.world = world
    world.use_nodes = True
    world.node_tree.nodes["Background"].inputs[0].default_value = (1, 1, 1, 1)
    world.node_tree.nodes["Background"].inputs[1].default_value = 0.25
    lamp = bpy.data.lights.new("sun", "SUN")
    lamp.energy = 0.75 * math.pi / math.sin(HEIGHT)
    sun = bpy.data.objects.new("sun", lamp)
    scene.collection.objects.link(sun)
    return sun


bpy.ops.wm.read_factory_settings(use_empty=True)
scene = bpy.context.scene
plane = by_gltf(source) if source.endswith(".glb") else by_node_wrangler(os.path.abspath(source))
for node in plane.data.materials[0].node_tree.nodes:
    if node.type == "TEX_IMAGE":
        into = [f"{l.to_node.name}: {l.to_socket.name}" for o in node.outputs for l in o.links]
        print(node.image.name, node.image.colorspace_settings.name, into)
    if node.type == "MAPPING":
        print("scale", tuple(node.inputs["Scale"].default_value))
x = TILES * float(width)
y = next((d for d in plane.dimensions if d > 1e-4 and abs(d - x) > 1e-4), x)
camera = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
camera.data.type = "ORTHO"
camera.data.ortho_scale = max(x, y)
camera.location = (0, 0, 5)
scene.collection.objects.link(camera)
scene.camera = camera
sun = light(scene)
scene.render.engine = "CYCLES"
scene.cycles.samples = 24
scene.cycles.max_bounces = 2
scene.cycles.use_denoising = False  # Debian builds it without
scene.view_settings.view_transform = "Standard"
scene.render.resolution_x = round(PIXELS * min(1, x / y))
scene.render.resolution_y = round(PIXELS * min(1, y / x))
for degrees in (0, 90, 180, 270):
    sun.rotation_euler = (0, math.pi / 2 - HEIGHT, math.radians(degrees))
    scene.render.filepath = os.path.abspath(f"{out}.{degrees}.png")
    bpy.ops.render.render(write_still=True)
