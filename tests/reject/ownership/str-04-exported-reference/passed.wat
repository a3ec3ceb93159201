;; A function that takes a block is passed to the host, which could call it
;; expect: STR_EXPORTED_REFERENCE func=2 offset=0x4e
;; monitor: - such a function is called by others, not by main
;; contract: block A { x: i32; }
(module
  (import "singula/A" "x.get" (func $get (param externref) (result i32)))
  (import "env" "watch" (func $watch (param funcref)))
  (elem declare func $read)
  (func $read (param externref) (drop (call $get (local.get 0))))
  (func (export "main") (call $watch (ref.func $read))))
