;; A function that makes and frees a block, without references in its type, is the result of an exported one
;; expect: OK
;; contract: block A { x: i32; }
(module
  (import "singula/A" "new" (func $new (result externref)))
  (import "singula/A" "free" (func $free (param externref)))
  (elem declare func $once)
  (func $once (call $free (call $new)))
  (func (export "main") (result funcref) (ref.func $once)))
