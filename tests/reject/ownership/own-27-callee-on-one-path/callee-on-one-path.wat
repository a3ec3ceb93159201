;; A helper consumes its parameter on one path only
;; expect: OWN_LEAK func=4 offset=0x79
;; monitor: MON_LEAK
;; contract: block A { x: i32; kid: A; data: u8[]; }
;; contract: block B { must: A!; y: i32; }
;; contract: contract P {
;; contract:   in message Ask(A a);
;; contract:   in message More(B b);
;; contract:   out message Yes(A a);
;; contract:   out message No(i32 why);
;; contract:   state Start: one { Ask? -> Asked; end; }
;; contract:   state Asked: one { Yes! -> Start; No! -> Again; }
;; contract:   state Again: More? -> Start;
;; contract: }
(module
  (import "singula/A" "new" (func $new (param i32) (result externref)))
  (import "singula/A" "free" (func $free (param externref)))
  (import "env" "rnd" (func $rnd (result i32)))
  (memory 1)
  (func $main (export "main") (local $a externref) 
  (local.set $a (call $new (i32.const 4))) (call $maybe (local.get $a)))
  (func $maybe (param externref) (if (call $rnd) (then (call $free (local.get 0)))))
)
