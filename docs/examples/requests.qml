<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<!-- Reports of FieldOps in QGIS 3.22 or newer: colour by status, shape by kind, size by severity where it is told. -->
<qgis version="3.28.0" styleCategories="Symbology">
  <renderer-v2 type="RuleRenderer" symbollevels="0" enableorderby="0" forceraster="0" referencescale="-1">
    <rules key="{fieldops}">
      <rule key="{open}" symbol="0" label="Terbuka / open" filter="&quot;status&quot; IN ('open', 'submitted', 'acknowledged', 'reopened')"/>
      <rule key="{under_way}" symbol="1" label="Dikerjakan / under way" filter="&quot;status&quot; IN ('in_progress', 'scheduled')"/>
      <rule key="{repaired}" symbol="2" label="Diperbaiki / repaired" filter="&quot;status&quot; IN ('repaired', 'done') OR (&quot;status&quot; = 'closed' AND attribute('closed_reason') = 'repaired')"/>
      <rule key="{ended}" symbol="3" label="Berakhir tanpa perbaikan / ended without a repair" filter="ELSE"/>
    </rules>
    <symbols>
      <symbol name="0" type="marker" alpha="1" clip_to_extent="1" force_rhr="0">
        <layer class="SimpleMarker" enabled="1" locked="0" pass="0">
          <Option type="Map">
            <Option name="name" type="QString" value="circle"/>
            <Option name="color" type="QString" value="168,38,27,255"/>
            <Option name="outline_color" type="QString" value="255,255,255,255"/>
            <Option name="outline_width" type="QString" value="0.3"/>
            <Option name="outline_width_unit" type="QString" value="MM"/>
            <Option name="size" type="QString" value="3.2"/>
            <Option name="size_unit" type="QString" value="MM"/>
          </Option>
          <data_defined_properties>
            <Option type="Map">
              <Option name="name" type="QString" value=""/>
              <Option name="properties" type="Map">
                <Option name="name" type="Map">
                  <Option name="active" type="bool" value="true"/>
                  <Option name="expression" type="QString" value="CASE WHEN &quot;service&quot; = 'pothole' THEN 'circle' WHEN &quot;service&quot; = 'sunken_road' THEN 'pentagon' WHEN &quot;service&quot; = 'standing_water' THEN 'triangle' WHEN &quot;service&quot; = 'blocked_drain' THEN 'square' WHEN &quot;service&quot; = 'missing_cover' THEN 'diamond' WHEN &quot;service&quot; = 'damaged_sidewalk' THEN 'hexagon' ELSE 'star' END"/>
                  <Option name="type" type="int" value="3"/>
                </Option>
                <Option name="size" type="Map">
                  <Option name="active" type="bool" value="true"/>
                  <Option name="expression" type="QString" value="CASE WHEN attribute('severity') = 3 THEN 4.2 WHEN attribute('severity') = 1 THEN 2.4 ELSE 3.2 END"/>
                  <Option name="type" type="int" value="3"/>
                </Option>
              </Option>
              <Option name="type" type="QString" value="collection"/>
            </Option>
          </data_defined_properties>
        </layer>
      </symbol>
      <symbol name="1" type="marker" alpha="1" clip_to_extent="1" force_rhr="0">
        <layer class="SimpleMarker" enabled="1" locked="0" pass="0">
          <Option type="Map">
            <Option name="name" type="QString" value="circle"/>
            <Option name="color" type="QString" value="217,130,43,255"/>
            <Option name="outline_color" type="QString" value="255,255,255,255"/>
            <Option name="outline_width" type="QString" value="0.3"/>
            <Option name="outline_width_unit" type="QString" value="MM"/>
            <Option name="size" type="QString" value="3.2"/>
            <Option name="size_unit" type="QString" value="MM"/>
          </Option>
          <data_defined_properties>
            <Option type="Map">
              <Option name="name" type="QString" value=""/>
              <Option name="properties" type="Map">
                <Option name="name" type="Map">
                  <Option name="active" type="bool" value="true"/>
                  <Option name="expression" type="QString" value="CASE WHEN &quot;service&quot; = 'pothole' THEN 'circle' WHEN &quot;service&quot; = 'sunken_road' THEN 'pentagon' WHEN &quot;service&quot; = 'standing_water' THEN 'triangle' WHEN &quot;service&quot; = 'blocked_drain' THEN 'square' WHEN &quot;service&quot; = 'missing_cover' THEN 'diamond' WHEN &quot;service&quot; = 'damaged_sidewalk' THEN 'hexagon' ELSE 'star' END"/>
                  <Option name="type" type="int" value="3"/>
                </Option>
                <Option name="size" type="Map">
                  <Option name="active" type="bool" value="true"/>
                  <Option name="expression" type="QString" value="CASE WHEN attribute('severity') = 3 THEN 4.2 WHEN attribute('severity') = 1 THEN 2.4 ELSE 3.2 END"/>
                  <Option name="type" type="int" value="3"/>
                </Option>
              </Option>
              <Option name="type" type="QString" value="collection"/>
            </Option>
          </data_defined_properties>
        </layer>
      </symbol>
      <symbol name="2" type="marker" alpha="1" clip_to_extent="1" force_rhr="0">
        <layer class="SimpleMarker" enabled="1" locked="0" pass="0">
          <Option type="Map">
            <Option name="name" type="QString" value="circle"/>
            <Option name="color" type="QString" value="27,110,67,255"/>
            <Option name="outline_color" type="QString" value="255,255,255,255"/>
            <Option name="outline_width" type="QString" value="0.3"/>
            <Option name="outline_width_unit" type="QString" value="MM"/>
            <Option name="size" type="QString" value="3.2"/>
            <Option name="size_unit" type="QString" value="MM"/>
          </Option>
          <data_defined_properties>
            <Option type="Map">
              <Option name="name" type="QString" value=""/>
              <Option name="properties" type="Map">
                <Option name="name" type="Map">
                  <Option name="active" type="bool" value="true"/>
                  <Option name="expression" type="QString" value="CASE WHEN &quot;service&quot; = 'pothole' THEN 'circle' WHEN &quot;service&quot; = 'sunken_road' THEN 'pentagon' WHEN &quot;service&quot; = 'standing_water' THEN 'triangle' WHEN &quot;service&quot; = 'blocked_drain' THEN 'square' WHEN &quot;service&quot; = 'missing_cover' THEN 'diamond' WHEN &quot;service&quot; = 'damaged_sidewalk' THEN 'hexagon' ELSE 'star' END"/>
                  <Option name="type" type="int" value="3"/>
                </Option>
                <Option name="size" type="Map">
                  <Option name="active" type="bool" value="true"/>
                  <Option name="expression" type="QString" value="CASE WHEN attribute('severity') = 3 THEN 4.2 WHEN attribute('severity') = 1 THEN 2.4 ELSE 3.2 END"/>
                  <Option name="type" type="int" value="3"/>
                </Option>
              </Option>
              <Option name="type" type="QString" value="collection"/>
            </Option>
          </data_defined_properties>
        </layer>
      </symbol>
      <symbol name="3" type="marker" alpha="1" clip_to_extent="1" force_rhr="0">
        <layer class="SimpleMarker" enabled="1" locked="0" pass="0">
          <Option type="Map">
            <Option name="name" type="QString" value="circle"/>
            <Option name="color" type="QString" value="150,146,140,255"/>
            <Option name="outline_color" type="QString" value="255,255,255,255"/>
            <Option name="outline_width" type="QString" value="0.3"/>
            <Option name="outline_width_unit" type="QString" value="MM"/>
            <Option name="size" type="QString" value="3.2"/>
            <Option name="size_unit" type="QString" value="MM"/>
          </Option>
          <data_defined_properties>
            <Option type="Map">
              <Option name="name" type="QString" value=""/>
              <Option name="properties" type="Map">
                <Option name="name" type="Map">
                  <Option name="active" type="bool" value="true"/>
                  <Option name="expression" type="QString" value="CASE WHEN &quot;service&quot; = 'pothole' THEN 'circle' WHEN &quot;service&quot; = 'sunken_road' THEN 'pentagon' WHEN &quot;service&quot; = 'standing_water' THEN 'triangle' WHEN &quot;service&quot; = 'blocked_drain' THEN 'square' WHEN &quot;service&quot; = 'missing_cover' THEN 'diamond' WHEN &quot;service&quot; = 'damaged_sidewalk' THEN 'hexagon' ELSE 'star' END"/>
                  <Option name="type" type="int" value="3"/>
                </Option>
                <Option name="size" type="Map">
                  <Option name="active" type="bool" value="true"/>
                  <Option name="expression" type="QString" value="CASE WHEN attribute('severity') = 3 THEN 4.2 WHEN attribute('severity') = 1 THEN 2.4 ELSE 3.2 END"/>
                  <Option name="type" type="int" value="3"/>
                </Option>
              </Option>
              <Option name="type" type="QString" value="collection"/>
            </Option>
          </data_defined_properties>
        </layer>
      </symbol>
    </symbols>
  </renderer-v2>
  <layerGeometryType>0</layerGeometryType>
</qgis>
